// One command over the admin socket: sends the call, gathers the answer, and asks on while there is more of it.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <functional>

#include "base/fd.h"
#include "broker/cli/command.h"

namespace anteroom::cli {

struct Answer {
    bool done = false;
    std::string sentence;
    boost::json::object meta;
    boost::json::array rows;
    std::optional<control::AdminRecording> recording;
    Fd file;  // of the recording

    std::string zone() const;
};

// What was typed, as a call. Reads the person's code where the verb asks for it.
Result<control::AdminCall> call_of(const Verb& verb, const Given& given);
// An answer that says no is an answer too: look at `done`. With `page`, rows go there as they come instead; indexes go to `index`.
using PageSink = std::function<Status(boost::json::array rows)>;
using IndexSink = std::function<Status(control::AdminIndex index, Fd file)>;
Result<Answer> ask(const Given& given, control::AdminCall call, const PageSink& page = {}, const IndexSink& index = {});
bool broker_is_running(const Given& given);

std::string text_at(const boost::json::object& object, const char* key);  // "" when it is not a text
std::uint64_t number_at(const boost::json::object& object, const char* key);
bool flag_at(const boost::json::object& object, const char* key);

}  // namespace anteroom::cli
