"""The engine: from the item that was imported or planned to the file that leaves, one pipeline for every payer."""
