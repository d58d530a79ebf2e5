module github.com/usher-go/usher/store/boltstore

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	github.com/usher-go/usher v0.1.0
	go.etcd.io/bbolt v1.5.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.45.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
