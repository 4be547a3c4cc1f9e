// orders.c in C++: multidb.hpp has handles that free themselves, and errors as exceptions.
//
//     c++ -std=c++11 orders.cpp -o orders $(pkg-config --cflags --libs multidb)
//     ./orders multidb.json 100
#include <multidb.hpp>

#include <iostream>

static void print_orders(multidb::query &query, long least)
{
	query.define(MULTIDB_RUN, R"({"from": "orders", "columns": ["id", "total"],
		"filters": [{"column": "total", "operator": ">=", "value": {"$param": "least"}}],
		"orderBy": [{"column": "total", "direction": "desc"}]})");
	query.bind(R"({"least": )" + std::to_string(least) + "}", R"({"role": "admin"})");
	query.start(MULTIDB_NDJSON);
	while (query.next_row())
		for (std::size_t i = 0; i < query.columns(); i++) {
			multidb::text cell = query.cell(i);
			std::cout << (i ? " " : "") << query.column(i) << '=' << (cell.data ? cell.str() : "NULL")
			          << (i + 1 < query.columns() ? "" : "\n");
		}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	try {
		multidb::engine engine = multidb::engine::open_file(argv[1]);
		multidb::query query(engine);
		print_orders(query, std::stol(argv[2]));
	} catch (const multidb::error &e) {
		std::cerr << multidb_code_name(e.code()) << ": " << e.what() << "\n";
		return 1;
	}
}
