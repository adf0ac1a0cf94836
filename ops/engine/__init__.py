"""The boundary to Choreo's database: columns, schema check, extensions, simulator."""
