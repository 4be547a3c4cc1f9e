// C++11 on top of multidb.h: handles that free themselves, and errors as exceptions. Everything is
// inline and calls the C functions alone: there is no C++ in the library, and both headers may be
// used together (get() returns the handle).
//
//     multidb::engine engine = multidb::engine::open_file("multidb.json");
//     multidb::query query(engine);
//     query.prepare(MULTIDB_RUN, R"({"from":"orders"})", R"({"role":"admin"})");
//     query.start(MULTIDB_NDJSON);
//     for (multidb::text chunk; query.next(chunk);)
//         std::cout.write(chunk.data, chunk.size);
//
// The rules of multidb.h for threads, lifetimes and texts apply. Handles can be moved, not copied. A
// query object may outlive the engine object, as in C.
#ifndef MULTIDB_HPP
#define MULTIDB_HPP

#include <multidb.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>

namespace multidb {

// Bytes that belong to the library, valid as long as multidb.h says; data is nullptr for SQL NULL.
struct text {
	const char *data = nullptr;
	std::size_t size = 0;
	std::string str() const { return data ? std::string(data, size) : std::string(); }
};

// A copy of the error of a failed call.
class error : public std::exception {
public:
	explicit error(const multidb_error *e)
		: code_(multidb_error_code(e)), status_(multidb_error_status(e)), message_(multidb_error_message(e)),
		  json_(multidb_error_json(e)) {}
	multidb_code code() const noexcept { return code_; }
	int status() const noexcept { return status_; }
	const char *what() const noexcept override { return message_.c_str(); }
	const std::string &json() const noexcept { return json_; }

private:
	multidb_code code_;
	int status_;
	std::string message_, json_;
};

// Throws the error that a function of an engine has returned, and frees it. rc 0: there is none.
inline void check(int rc, multidb_error *e)
{
	std::unique_ptr<multidb_error, void (*)(multidb_error *)> owned(e, multidb_error_free);
	if (rc)
		throw error(e);
}

class engine {
public:
	explicit engine(multidb_engine *e) : handle_(e, multidb_engine_close) {}
	static engine open_file(const std::string &path, const multidb_options *options = nullptr)
	{
		multidb_engine *e;
		multidb_error *err = nullptr;
		int rc = multidb_engine_open_file(path.c_str(), options, &e, &err);
		check(rc, err);
		return engine(e);
	}
	static engine open_text(const std::string &json, const multidb_options *options = nullptr)
	{
		multidb_engine *e;
		multidb_error *err = nullptr;
		int rc = multidb_engine_open_text(json.data(), json.size(), options, &e, &err);
		check(rc, err);
		return engine(e);
	}
	void reload_text(const std::string &json)
	{
		multidb_error *err = nullptr;
		int rc = multidb_engine_reload_text(get(), json.data(), json.size(), &err);
		check(rc, err);
	}
	multidb_engine *get() const noexcept { return handle_.get(); }

private:
	std::unique_ptr<multidb_engine, void (*)(multidb_engine *)> handle_;
};

class query {
public:
	explicit query(const engine &e) : handle_(multidb_query_new(e.get()), multidb_query_free)
	{
		if (!handle_)
			throw error(nullptr); // out of memory
	}
	void prepare(multidb_mode mode, const std::string &definition, const std::string &context = std::string())
	{
		check(multidb_query_prepare(get(), mode, definition.data(), definition.size(), context.data(), context.size()));
	}
	void define(multidb_mode mode, const std::string &definition)
	{
		check(multidb_query_define(get(), mode, definition.data(), definition.size()));
	}
	void bind(const std::string &parameters, const std::string &context = std::string())
	{
		check(multidb_query_bind(get(), parameters.data(), parameters.size(), context.data(), context.size()));
	}
	void start(multidb_format format) { check(multidb_query_start(get(), format)); }
	// false: the answer is complete
	bool next(text &chunk) { return more(multidb_query_next(get(), &chunk.data, &chunk.size)); }
	bool next_row() { return more(multidb_query_next_row(get(), &cells_)); }
	text cell(std::size_t i) const
	{
		text t;
		t.data = cells_[i].text;
		t.size = cells_[i].n;
		return t;
	}
	std::size_t columns() const { return multidb_result_column_count(get()); }
	const char *column(std::size_t i) const { return multidb_result_column_name(get(), i); }
	void cancel() noexcept { multidb_query_cancel(get()); }
	multidb_query *get() const noexcept { return handle_.get(); }

private:
	void check(int rc) const
	{
		if (rc)
			throw error(multidb_query_error(get()));
	}
	bool more(int rc) const
	{
		check(rc < 0);
		return rc > 0;
	}
	std::unique_ptr<multidb_query, void (*)(multidb_query *)> handle_;
	const multidb_cell *cells_ = nullptr;
};

} // namespace multidb

#endif
