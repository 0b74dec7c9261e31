"""JSON, GeoJSON and CSV for machines: parameters in, query, resource out. Nothing here renders HTML for people."""
