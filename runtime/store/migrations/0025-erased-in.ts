/** Erasing in JSON: in its texts and names of fields, so that it stays JSON. */
export const erasedIn = `
-- A number is replaced where it is long enough to be a phone with its country; shorter ones may be anything.
create function torg.erased_in(value jsonb, pattern text, erased text) returns jsonb language plpgsql immutable as $$
begin
  return case jsonb_typeof(value)
    when 'string' then to_jsonb(regexp_replace(value #>> '{}', pattern, erased, 'gi'))
    when 'number' then case when value #>> '{}' ~ '^[0-9]{10,15}$' and value #>> '{}' ~ pattern then to_jsonb(erased) else value end
    when 'array' then (select coalesce(jsonb_agg(torg.erased_in(e.value, pattern, erased) order by e.ordinality), '[]') from jsonb_array_elements(value) with ordinality e)
    when 'object' then (select coalesce(jsonb_object_agg(regexp_replace(e.key, pattern, erased, 'gi'), torg.erased_in(e.value, pattern, erased)), '{}') from jsonb_each(value) e)
    else value
  end;
end
$$;
`
