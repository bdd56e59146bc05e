"""The papers that go with a billing file: a cover sheet (Begleitzettel) per invoice and the sorting list of the originals."""
