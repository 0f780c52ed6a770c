"""The story that ``tenantstore demo`` tells. Its own folder of queries, ``sql/``, is what a service's would be."""
