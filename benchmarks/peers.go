package main

import (
	"github.com/usher-go/usher/benchmarks/peer"
	"github.com/usher-go/usher/benchmarks/peers/byhand"
	"github.com/usher-go/usher/benchmarks/peers/casbin"
	"github.com/usher-go/usher/benchmarks/peers/cedar"
	"github.com/usher-go/usher/benchmarks/peers/cel"
	"github.com/usher-go/usher/benchmarks/peers/opa"
	"github.com/usher-go/usher/benchmarks/peers/openfga"
	"github.com/usher-go/usher/benchmarks/peers/usher"
	"github.com/usher-go/usher/benchmarks/report"
)

type entry struct {
	report.Peer
	make func() peer.Peer
}

// entries are all peers, in the order of the report.
var entries = []entry{
	{report.Peer{Name: report.ByHand, Title: "by hand"}, func() peer.Peer { return new(byhand.Peer) }},
	{report.Peer{Name: report.Usher, Title: "usher", Module: "github.com/usher-go/usher"}, func() peer.Peer { return new(usher.Peer) }},
	{
		report.Peer{Name: "casbin-cached", Title: "Casbin, cached", Module: "github.com/casbin/casbin/v3"},
		func() peer.Peer { return &casbin.Peer{Cached: true} },
	},
	{report.Peer{Name: "cel", Title: "CEL", Module: "cel.dev/cel-go", Table: true}, func() peer.Peer { return new(cel.Peer) }},
	{report.Peer{Name: "cedar", Title: "Cedar", Module: "github.com/cedar-policy/cedar-go", Table: true}, func() peer.Peer { return new(cedar.Peer) }},
	{report.Peer{Name: "casbin", Title: "Casbin", Module: "github.com/casbin/casbin/v3"}, func() peer.Peer { return new(casbin.Peer) }},
	{report.Peer{Name: "opa", Title: "OPA", Module: "github.com/open-policy-agent/opa", Table: true}, func() peer.Peer { return new(opa.Peer) }},
	{report.Peer{Name: "openfga", Title: "OpenFGA", Module: "github.com/openfga/openfga"}, func() peer.Peer { return new(openfga.Peer) }},
}

func find(name string) (entry, bool) {
	for _, e := range entries {
		if e.Name == name {
			return e, true
		}
	}
	return entry{}, false
}

func names() (list []string) {
	for _, e := range entries {
		list = append(list, e.Name)
	}
	return list
}
