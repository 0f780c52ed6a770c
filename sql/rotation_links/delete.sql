-- Delete a link. One RotationLink, as it was. Index: rotation_links_pkey.
-- scope: operator
DELETE FROM rotation_links AS l
WHERE l.id = :link_id
RETURNING
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at;
