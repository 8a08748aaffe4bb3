"""Tasks that read data: objects, images, volumes, and dumps of databases."""
