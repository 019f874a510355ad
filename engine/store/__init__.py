"""Tables, migrations, stored contents, retention."""
