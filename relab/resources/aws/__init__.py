"""The AWS types, one small file a type or a tight family; `relab.resources.registry` lists them."""
