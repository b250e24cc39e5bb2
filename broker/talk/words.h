// The sentences of requests, waiting, decisions and break-glass in one place, so that a terminal, keyboard-interactive and RDP's lobby
// say the same. Whatever comes from outside (names, reasons, tickets, descriptions) is made printable before it stands in one.
#pragma once

#include "broker/access/access.h"

namespace anteroom::talk {

using installation::Installation;

// ---- what is typed
inline constexpr std::size_t longest_line = 500;  // bytes; a longer answer is asked again
// Without blanks and line ends around it; an error (`invalid`) is the sentence to ask again with.
Result<std::string> typed_line(const Secret& line);
// A code, if it may be one at all: nothing longer is looked at.
bool could_be_code(const Secret& line);
std::vector<std::string> words_of(std::string_view line);  // at most 64
bool is_yes(std::string_view typed);
// "30m", "2h", "1h30m", "1 h 30 min"; more than nothing, at most 366 days.
Result<Duration> length_of(std::string_view typed);
// "18:00" (the next one), "2026-01-06 18:00", in the site's zone.
Result<Time> time_of(const Installation& here, std::string_view typed);

// ---- small texts
std::string length_text(Duration length);  // as it is typed: "4h", "1h30m"
std::string ago(Time then, Time now);      // "3 s", "2 min", "1 h 5 min"; never negative
std::string listed(const std::vector<std::string>& all, const char* last = ", ");
std::string name_of(Installation& here, const PersonId& person);  // "Dana Reyes (dana)"
std::string place_text(const policy::Ask& ask);                   // "mri-3 as service"
std::string places_text(const access::Request& request);
std::string capability_words(std::string_view capability);  // "read files (SFTP)"; unknown ones as they are
// What a person reads of an error: its own sentence where it was made for people, else one that tells nothing (and the log gets it).
std::string sentence_of(const Error& error);
// The sentence, and on the next line whom to call.
std::string with_help(const Installation& here, const std::string& sentence);

// How a target is reached that does not speak what the person came by: "ct-1 is a desktop: connect ...".
std::string other_way(const Installation& here, const PersonId& person, const policy::Ask& ask, policy::Protocol speaks);
// How a conversation is left: "Ctrl-C" in a terminal, "Esc" in the lobby.
std::string leaving_key(policy::Protocol protocol);

// ---- of a request
std::string needs_approval(const policy::Ask& ask, const access::Questions& questions);
std::string marked(const std::vector<std::string>& unusual);  // "! first time ...\n" each; "" for none
std::string offer_break_glass();
std::string emergency_only(const policy::Ask& ask);
std::string sent_text(std::int64_t id, const std::vector<std::string>& approvers);
std::string waiting_for_text(const access::Card& card);  // "request 42: waiting for 1 of imaging-admins"
std::string waiting_text(const access::Card& card, Time now);
std::string stays_text(std::int64_t id);
// Where the request stands now: approved by whom until when, denied with the reason, withdrawn, expired, ended, revoked.
std::string state_text(Installation& here, const access::Request& request);
std::string granted_text(Installation& here, const access::Request& request);  // "until ..."

// ---- for approvers
std::string card_text(Installation& here, const access::Card& card);
std::string summary_text(Installation& here, const access::Request& request);  // one line
std::string extension_text(Installation& here, const access::Request& request);

// ---- break-glass: three lines of what will happen
std::string emergency_text(const policy::Ask& ask, const policy::BreakGlass& entry, bool drill);

}  // namespace anteroom::talk
