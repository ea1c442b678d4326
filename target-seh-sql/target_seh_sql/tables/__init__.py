"""What is stored: streams, columns, tables, views, and how older ones become those of today."""
