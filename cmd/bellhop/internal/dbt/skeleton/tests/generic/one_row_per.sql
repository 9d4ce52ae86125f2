{% test one_row_per(model, columns) %}
SELECT {{ columns | join(', ') }}, count(*) AS copies
FROM {{ model }}
GROUP BY {{ columns | join(', ') }}
HAVING count(*) > 1
{% endtest %}
