"""The RDS look-alike: a throw-away PostgreSQL server that lets IAM users in with a valid token only."""
