-- Loses all rotation links.

DROP TABLE rotation_links;
