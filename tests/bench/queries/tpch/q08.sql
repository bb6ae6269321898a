-- Brazil's share of the American market for one type of part, by year.
WITH sales AS (
    SELECT extract(YEAR FROM o_orderdate) AS o_year,
           l_extendedprice * (1 - l_discount) AS volume,
           seller.n_name AS nation
    FROM part, supplier, lineitem, orders, customer, nation AS buyer, nation AS seller, region
    WHERE p_partkey = l_partkey
      AND s_suppkey = l_suppkey
      AND l_orderkey = o_orderkey
      AND o_custkey = c_custkey
      AND c_nationkey = buyer.n_nationkey
      AND buyer.n_regionkey = r_regionkey
      AND s_nationkey = seller.n_nationkey
      AND r_name = 'AMERICA'
      AND o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'
      AND p_type = 'ECONOMY ANODIZED STEEL'
)
SELECT o_year,
       sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS mkt_share
FROM sales
GROUP BY o_year
ORDER BY o_year
