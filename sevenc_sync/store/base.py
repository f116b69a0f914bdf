"""What all table definitions of the store share."""

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A key that counts up by itself: SQLite does so only for INTEGER, PostgreSQL wants eight bytes.
Serial = BigInteger().with_variant(Integer, "sqlite")
