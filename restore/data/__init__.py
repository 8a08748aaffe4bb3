"""Puts data back into what holds it: objects, images, rows of tables, files in volumes, dumps."""
