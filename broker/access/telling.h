// Inside broker/access/: how a request is spoken of: its row, its audit records, its notices, and the rules for texts of people.
#pragma once

#include "broker/access/circle.h"
#include "broker/access/notices.h"

namespace anteroom::access {

store::RequestRow row_of(const Request& request);
Result<Request> request_of(const store::RequestRow& row);
Result<std::vector<Request>> requests_of(const std::vector<store::RequestRow>& rows);

// With everything that explains the request as it now is; `more` says what is special about this move.
audit::Record record_of(const installation::Installation& here, const Request& request, audit::Kind kind, audit::Fields more = {});

// `summary` without the reason's text; "DRILL: " is put before it where it is one.
Notice notice_of(const Circle& circle, const Request& request, std::string event, installation::AlertEvent about, int loudness, std::string summary);

std::string places_text(const Request& request);                        // "mri-3 as service, mri-4 as root"
std::string person_text(const Circle& circle, const PersonId& person);  // "Sam Service (Acme Imaging)"
std::string number_text(const Request& request);                        // "request 42", "emergency 43", "drill 44"
std::string joined(const std::vector<std::string>& list, std::string_view between = ", ");

// Of an emergency: the channels that its entry names, and who may review it.
std::vector<std::string> alert_channels(const policy::Document& document, const Request& emergency);
std::vector<PersonId> reviewers(const policy::Document& document, const Circle& circle, const Request& emergency, Time now);

// One line that can be shown, of at most `most` characters. Errors are sentences and never repeat the text.
Status check_line(std::string_view text, const std::string& what, std::size_t most, bool needed = true);
inline constexpr std::size_t longest_reason = 500, longest_ticket = 64, longest_note = 2000;

}  // namespace anteroom::access
