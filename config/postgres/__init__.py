"""Django's PostgreSQL backend, whose connections are looked at before they are asked."""
