"""The project on disk: schema, opening, migrations, undo log. The only room that knows SQL."""
