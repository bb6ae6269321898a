//! The names of relations and catalog operations as the protocol and PySpark say them.

use sparring_proto::connect::Relation;
use sparring_proto::connect::catalog::CatType;
use sparring_proto::connect::relation::RelType;

/// A `spark.catalog` call by the name of its PySpark method, if the relation is one.
pub(super) fn catalog_operation(root: &Relation) -> Option<&'static str> {
    let Some(RelType::Catalog(catalog)) = &root.rel_type else {
        return None;
    };
    Some(match catalog.cat_type.as_ref()? {
        CatType::CurrentDatabase(_) => "currentDatabase",
        CatType::SetCurrentDatabase(_) => "setCurrentDatabase",
        CatType::ListDatabases(_) => "listDatabases",
        CatType::ListTables(_) => "listTables",
        CatType::ListFunctions(_) => "listFunctions",
        CatType::ListColumns(_) => "listColumns",
        CatType::GetDatabase(_) => "getDatabase",
        CatType::GetTable(_) => "getTable",
        CatType::GetFunction(_) => "getFunction",
        CatType::DatabaseExists(_) => "databaseExists",
        CatType::TableExists(_) => "tableExists",
        CatType::FunctionExists(_) => "functionExists",
        CatType::CreateExternalTable(_) => "createExternalTable",
        CatType::CreateTable(_) => "createTable",
        CatType::DropTempView(_) => "dropTempView",
        CatType::DropGlobalTempView(_) => "dropGlobalTempView",
        CatType::RecoverPartitions(_) => "recoverPartitions",
        CatType::IsCached(_) => "isCached",
        CatType::CacheTable(_) => "cacheTable",
        CatType::UncacheTable(_) => "uncacheTable",
        CatType::ClearCache(_) => "clearCache",
        CatType::RefreshTable(_) => "refreshTable",
        CatType::RefreshByPath(_) => "refreshByPath",
        CatType::CurrentCatalog(_) => "currentCatalog",
        CatType::SetCurrentCatalog(_) => "setCurrentCatalog",
        CatType::ListCatalogs(_) => "listCatalogs",
        CatType::DropTable(_) => "dropTable",
        CatType::DropView(_) => "dropView",
        CatType::CreateDatabase(_) => "createDatabase",
        CatType::DropDatabase(_) => "dropDatabase",
        CatType::ListPartitions(_) => "listPartitions",
        CatType::ListViews(_) => "listViews",
        CatType::GetTableProperties(_) => "getTableProperties",
        CatType::GetCreateTableString(_) => "getCreateTableString",
        CatType::TruncateTable(_) => "truncateTable",
        CatType::AnalyzeTable(_) => "analyzeTable",
    })
}

/// A relation by the name of its field in the protocol.
pub(super) fn relation(relation: &Relation) -> &'static str {
    let Some(rel_type) = &relation.rel_type else {
        return "unset relation";
    };
    match rel_type {
        RelType::Read(_) => "read",
        RelType::Project(_) => "project",
        RelType::Filter(_) => "filter",
        RelType::Join(_) => "join",
        RelType::SetOp(_) => "set_op",
        RelType::Sort(_) => "sort",
        RelType::Limit(_) => "limit",
        RelType::Aggregate(_) => "aggregate",
        RelType::Sql(_) => "sql",
        RelType::LocalRelation(_) => "local_relation",
        RelType::Sample(_) => "sample",
        RelType::Offset(_) => "offset",
        RelType::Deduplicate(_) => "deduplicate",
        RelType::Range(_) => "range",
        RelType::SubqueryAlias(_) => "subquery_alias",
        RelType::Repartition(_) => "repartition",
        RelType::ToDf(_) => "to_df",
        RelType::WithColumnsRenamed(_) => "with_columns_renamed",
        RelType::ShowString(_) => "show_string",
        RelType::Drop(_) => "drop",
        RelType::Tail(_) => "tail",
        RelType::WithColumns(_) => "with_columns",
        RelType::Hint(_) => "hint",
        RelType::Unpivot(_) => "unpivot",
        RelType::ToSchema(_) => "to_schema",
        RelType::RepartitionByExpression(_) => "repartition_by_expression",
        RelType::MapPartitions(_) => "map_partitions",
        RelType::CollectMetrics(_) => "collect_metrics",
        RelType::Parse(_) => "parse",
        RelType::GroupMap(_) => "group_map",
        RelType::CoGroupMap(_) => "co_group_map",
        RelType::WithWatermark(_) => "with_watermark",
        RelType::ApplyInPandasWithState(_) => "apply_in_pandas_with_state",
        RelType::HtmlString(_) => "html_string",
        RelType::CachedLocalRelation(_) => "cached_local_relation",
        RelType::CachedRemoteRelation(_) => "cached_remote_relation",
        RelType::CommonInlineUserDefinedTableFunction(_) => {
            "common_inline_user_defined_table_function"
        }
        RelType::AsOfJoin(_) => "as_of_join",
        RelType::CommonInlineUserDefinedDataSource(_) => "common_inline_user_defined_data_source",
        RelType::WithRelations(_) => "with_relations",
        RelType::Transpose(_) => "transpose",
        RelType::UnresolvedTableValuedFunction(_) => "unresolved_table_valued_function",
        RelType::LateralJoin(_) => "lateral_join",
        RelType::ChunkedCachedLocalRelation(_) => "chunked_cached_local_relation",
        RelType::RelationChanges(_) => "relation_changes",
        RelType::NearestByJoin(_) => "nearest_by_join",
        RelType::Zip(_) => "zip",
        RelType::FillNa(_) => "fill_na",
        RelType::DropNa(_) => "drop_na",
        RelType::Replace(_) => "replace",
        RelType::Summary(_) => "summary",
        RelType::Crosstab(_) => "crosstab",
        RelType::Describe(_) => "describe",
        RelType::Cov(_) => "cov",
        RelType::Corr(_) => "corr",
        RelType::ApproxQuantile(_) => "approx_quantile",
        RelType::FreqItems(_) => "freq_items",
        RelType::SampleBy(_) => "sample_by",
        RelType::Catalog(_) => "catalog",
        RelType::MlRelation(_) => "ml_relation",
        RelType::Extension(_) => "extension",
        RelType::Unknown(_) => "unknown",
    }
}
