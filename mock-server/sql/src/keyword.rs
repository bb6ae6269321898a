//! The words that the grammar knows, and which of them may name things.
//!
//! Spark enforces no ANSI reserved words by default, so a keyword is an ordinary name unless the grammar
//! needs it where it stands. This file knows the words, not the places.

macro_rules! keywords {
    ($($variant:ident $text:literal)*) => {
        /// A word with a meaning somewhere in the grammar.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub(crate) enum Keyword { $($variant),* }

        const ALL: &[Keyword] = &[$(Keyword::$variant),*];
        const TEXTS: &[&str] = &[$($text),*];
    };
}

// Sorted by text: the look-up relies on it (tested below).
keywords! {
    Add "ADD" After "AFTER" Aggregate "AGGREGATE" All "ALL" Alter "ALTER" Always "ALWAYS"
    Analyze "ANALYZE" And "AND" Anti "ANTI" Any "ANY" AnyValue "ANY_VALUE" Array "ARRAY" As "AS"
    Asc "ASC" At "AT" Begin "BEGIN" Between "BETWEEN" Bigint "BIGINT" Binary "BINARY"
    Boolean "BOOLEAN" Both "BOTH" Buckets "BUCKETS" By "BY" Byte "BYTE" Cache "CACHE" Call "CALL"
    Cascade "CASCADE" Case "CASE" Cast "CAST" Catalog "CATALOG" Catalogs "CATALOGS"
    Change "CHANGE" Char "CHAR" Character "CHARACTER" Check "CHECK" Clear "CLEAR" Clone "CLONE"
    Cluster "CLUSTER" Clustered "CLUSTERED" Codegen "CODEGEN" Collate "COLLATE"
    Collation "COLLATION" Column "COLUMN" Columns "COLUMNS" Comment "COMMENT" Compute "COMPUTE"
    Constraint "CONSTRAINT" Copy "COPY" Cost "COST" Create "CREATE" Cross "CROSS" Cube "CUBE"
    Current "CURRENT" Data "DATA" Database "DATABASE" Databases "DATABASES" Date "DATE"
    Dateadd "DATEADD" Datediff "DATEDIFF" DateAdd "DATE_ADD" DateDiff "DATE_DIFF" Day "DAY"
    Days "DAYS" Dbproperties "DBPROPERTIES" Dec "DEC" Decimal "DECIMAL" Declare "DECLARE"
    Deep "DEEP" Default "DEFAULT" Delete "DELETE" Delimited "DELIMITED" Desc "DESC"
    Describe "DESCRIBE" Detail "DETAIL" Disable "DISABLE" Distinct "DISTINCT"
    Distribute "DISTRIBUTE" Div "DIV" Double "DOUBLE" Drop "DROP" Dry "DRY" Else "ELSE"
    Enable "ENABLE" End "END" Enforced "ENFORCED" Escape "ESCAPE" Evolution "EVOLUTION"
    Except "EXCEPT" Exclude "EXCLUDE" Execute "EXECUTE" Exists "EXISTS" Explain "EXPLAIN"
    Extended "EXTENDED" External "EXTERNAL" Extract "EXTRACT" False "FALSE" Fetch "FETCH"
    Fields "FIELDS" Fileformat "FILEFORMAT" Files "FILES" Filter "FILTER" First "FIRST"
    Float "FLOAT" Following "FOLLOWING" For "FOR" Foreign "FOREIGN" Format "FORMAT"
    Formatted "FORMATTED" From "FROM" Full "FULL" Function "FUNCTION" Functions "FUNCTIONS"
    Generated "GENERATED" Geography "GEOGRAPHY" Geometry "GEOMETRY" Global "GLOBAL" Grant "GRANT"
    Grants "GRANTS" Group "GROUP" Grouping "GROUPING" Having "HAVING" History "HISTORY"
    Hour "HOUR" Hours "HOURS" Identifier "IDENTIFIER" Identity "IDENTITY" If "IF" Ignore "IGNORE"
    Ilike "ILIKE" Immediate "IMMEDIATE" In "IN" Include "INCLUDE" Increment "INCREMENT"
    Inner "INNER" Inputformat "INPUTFORMAT" Insert "INSERT" Int "INT" Integer "INTEGER"
    Intersect "INTERSECT" Interval "INTERVAL" Into "INTO" Is "IS" Items "ITEMS" Join "JOIN"
    Json "JSON" Key "KEY" Keys "KEYS" Language "LANGUAGE" Last "LAST" Lateral "LATERAL"
    Lazy "LAZY" Leading "LEADING" Left "LEFT" Level "LEVEL" Like "LIKE" Limit "LIMIT"
    Lines "LINES" Load "LOAD" Local "LOCAL" Location "LOCATION" Long "LONG" Managed "MANAGED"
    Map "MAP" Matched "MATCHED" Materialized "MATERIALIZED" Max "MAX" Merge "MERGE"
    Metadata "METADATA" Microsecond "MICROSECOND" Microseconds "MICROSECONDS"
    Millisecond "MILLISECOND" Milliseconds "MILLISECONDS" Minus "MINUS" Minute "MINUTE"
    Minutes "MINUTES" Month "MONTH" Months "MONTHS" Msck "MSCK" Name "NAME" Namespace "NAMESPACE"
    Namespaces "NAMESPACES" Nanosecond "NANOSECOND" Nanoseconds "NANOSECONDS" Natural "NATURAL"
    None "NONE" Norely "NORELY" Not "NOT" Null "NULL" Nulls "NULLS" Numeric "NUMERIC" Of "OF"
    Offset "OFFSET" On "ON" Only "ONLY" Optimize "OPTIMIZE" Option "OPTION" Options "OPTIONS"
    Or "OR" Order "ORDER" Out "OUT" Outer "OUTER" Outputformat "OUTPUTFORMAT" Over "OVER"
    Overlay "OVERLAY" Overwrite "OVERWRITE" Owner "OWNER" Partition "PARTITION"
    Partitioned "PARTITIONED" Partitions "PARTITIONS" Percent "PERCENT" Pivot "PIVOT"
    Placing "PLACING" Position "POSITION" Preceding "PRECEDING" Primary "PRIMARY"
    Properties "PROPERTIES" Purge "PURGE" Qualify "QUALIFY" Quarter "QUARTER" Query "QUERY"
    Range "RANGE" Real "REAL" Recover "RECOVER" Recursion "RECURSION" Recursive "RECURSIVE"
    Reduce "REDUCE" References "REFERENCES" Refresh "REFRESH" Regexp "REGEXP" Rely "RELY"
    Rename "RENAME" Repair "REPAIR" Repeatable "REPEATABLE" Replace "REPLACE" Reset "RESET"
    Respect "RESPECT" Restore "RESTORE" Restrict "RESTRICT" Retain "RETAIN" Return "RETURN"
    Returns "RETURNS" Revoke "REVOKE" Right "RIGHT" Rlike "RLIKE" Rollup "ROLLUP" Row "ROW"
    Rows "ROWS" Schema "SCHEMA" Schemas "SCHEMAS" Second "SECOND" Seconds "SECONDS"
    Select "SELECT" Semi "SEMI" Serde "SERDE" Serdeproperties "SERDEPROPERTIES" Set "SET"
    Setminus "SETMINUS" Sets "SETS" Shallow "SHALLOW" Short "SHORT" Show "SHOW"
    Smallint "SMALLINT" Some "SOME" Sort "SORT" Sorted "SORTED" Source "SOURCE" Start "START"
    Statistics "STATISTICS" Stored "STORED" Stream "STREAM" String "STRING" Struct "STRUCT"
    Substr "SUBSTR" Substring "SUBSTRING" Sync "SYNC" SystemTime "SYSTEM_TIME"
    SystemVersion "SYSTEM_VERSION" Table "TABLE" Tables "TABLES" Tablesample "TABLESAMPLE"
    Target "TARGET" Tblproperties "TBLPROPERTIES" Temp "TEMP" Temporary "TEMPORARY"
    Terminated "TERMINATED" Then "THEN" Time "TIME" Timediff "TIMEDIFF" Timestamp "TIMESTAMP"
    Timestampadd "TIMESTAMPADD" Timestampdiff "TIMESTAMPDIFF" TimestampLtz "TIMESTAMP_LTZ"
    TimestampNtz "TIMESTAMP_NTZ" Tinyint "TINYINT" To "TO" Touch "TOUCH" Trailing "TRAILING"
    Transform "TRANSFORM" Trim "TRIM" True "TRUE" Truncate "TRUNCATE" TryCast "TRY_CAST"
    Type "TYPE" Unbounded "UNBOUNDED" Uncache "UNCACHE" Undrop "UNDROP" Union "UNION"
    Unique "UNIQUE" Unknown "UNKNOWN" Unpivot "UNPIVOT" Unset "UNSET" Update "UPDATE" Use "USE"
    User "USER" Using "USING" Vacuum "VACUUM" Value "VALUE" Values "VALUES" Var "VAR"
    Varchar "VARCHAR" Variable "VARIABLE" Variant "VARIANT" Version "VERSION" View "VIEW"
    Views "VIEWS" Void "VOID" Volume "VOLUME" Volumes "VOLUMES" Watermark "WATERMARK" Week "WEEK"
    Weeks "WEEKS" When "WHEN" Where "WHERE" Window "WINDOW" With "WITH" Within "WITHIN"
    Without "WITHOUT" Year "YEAR" Years "YEARS" Zone "ZONE" Zorder "ZORDER"
}

const LONGEST: usize = 16;

/// For each first letter, where its words begin in `TEXTS`; the last entry is the end.
const FIRST: [usize; 27] = {
    let mut first = [TEXTS.len(); 27];
    let mut index = TEXTS.len();
    while index > 0 {
        index -= 1;
        let letter = (TEXTS[index].as_bytes()[0] - b'A') as usize;
        let mut earlier = 0;
        while earlier <= letter {
            first[earlier] = index;
            earlier += 1;
        }
    }
    first
};

impl Keyword {
    /// The keyword that a word spells, in any case.
    pub(crate) fn lookup(word: &[u8]) -> Option<Keyword> {
        if word.len() > LONGEST || word.len() < 2 {
            return None;
        }
        let mut buffer = [0u8; LONGEST];
        let upper = &mut buffer[..word.len()];
        upper.copy_from_slice(word);
        upper.make_ascii_uppercase();
        let letter = upper[0].wrapping_sub(b'A') as usize;
        if letter >= 26 {
            return None;
        }
        let start = FIRST[letter];
        let bucket = &TEXTS[start..FIRST[letter + 1]];
        let found = bucket
            .binary_search_by(|text| text.as_bytes().cmp(upper))
            .ok()?;
        Some(ALL[start + found])
    }

    /// Words that cannot be a table alias (`strictNonReserved` in Spark's reference).
    pub(crate) fn is_strict(self) -> bool {
        use Keyword as K;
        matches!(
            self,
            K::Anti
                | K::Cross
                | K::Except
                | K::Full
                | K::Inner
                | K::Intersect
                | K::Join
                | K::Lateral
                | K::Left
                | K::Minus
                | K::Natural
                | K::On
                | K::Right
                | K::Semi
                | K::Setminus
                | K::Union
                | K::Using
                | K::Qualify
        )
    }

    /// Words that begin the next clause of a query; they are an alias only where no clause can follow.
    pub(crate) fn begins_clause(self) -> bool {
        use Keyword as K;
        self.is_strict()
            || matches!(
                self,
                K::From
                    | K::Where
                    | K::Group
                    | K::Having
                    | K::Order
                    | K::Sort
                    | K::Cluster
                    | K::Distribute
                    | K::Window
                    | K::Limit
                    | K::Offset
                    | K::Pivot
                    | K::Unpivot
                    | K::Tablesample
                    | K::Set
                    | K::When
                    | K::Values
                    | K::Select
                    | K::Zorder
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_found_in_any_case() {
        assert!(TEXTS.is_sorted());
        for (index, text) in TEXTS.iter().enumerate() {
            assert_eq!(Keyword::lookup(text.as_bytes()), Some(ALL[index]));
            assert_eq!(
                Keyword::lookup(text.to_lowercase().as_bytes()),
                Some(ALL[index])
            );
        }
        assert_eq!(Keyword::lookup(b"spaceflights"), None);
    }
}
