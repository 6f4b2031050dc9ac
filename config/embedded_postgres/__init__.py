"""Django's PostgreSQL backend on the embedded server: `ENGINE = "config.embedded_postgres"`."""
