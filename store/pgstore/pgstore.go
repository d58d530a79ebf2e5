// Package pgstore stores the journals of many accounts in PostgreSQL, through pgx.
package pgstore

import _ "github.com/jackc/pgx/v5/pgxpool"
