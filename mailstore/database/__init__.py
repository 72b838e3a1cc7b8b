"""The database: schema, engines, the unit of work, prepared statements, and the log that orders all of it."""
