"""The paths of all pages of the portal with the demo missions, and of its error pages, by name."""

SMILLA = "/missions/smilla77/20221208T1145"
PAGES = {
    "landing": "/",
    "map": "/map",
    "missions": "/missions",
    "no-match": "/missions?year=1999",
    "mission": SMILLA,
    "mission-eva035": "/missions/dfo-eva035035/20190721T2325",
    "plot": f"{SMILLA}/plots/salinity",
    "plot-ts": f"{SMILLA}/plots/ts",
    "plot-in-a-frame": f"{SMILLA}/plots/temperature?axis=distance&embed=1",
    "map-in-a-frame": "/map?embed=1",
    "fleet": "/fleet",
    "platform": "/fleet/SEA077",
    "basin": "/basins/SEA-007",
    "basin-across-180": "/basins/bering-sea",
    "statistics": "/stats",
    "updates": "/updates",
    "status": "/status",
    "data": "/data",
    "search": "/search?q=s",
    "search-for-nothing": "/search",
    "api": "/api/v1/docs",
    "not-found": "/nowhere",
    "bad-request": "/missions?year=never",
}
