// Package sqlstore stores the journals of many accounts in SQLite or PostgreSQL, through
// database/sql.
package sqlstore
