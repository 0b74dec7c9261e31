"""Drafts to stored missions: mapping to documents, merge of profiles, one transaction for each commit."""
