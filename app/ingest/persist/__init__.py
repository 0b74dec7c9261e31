"""Drafts to stored missions: mapping to documents, merge of profiles, one transaction per commit."""
