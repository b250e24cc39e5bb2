// Notices: what goes into the outbox. One function for each event, all through one door that knows which channels hear of what and
// what may never leave (a reason's text, unless the channel says `reasons: true`). Call inside the transaction of the event.
#pragma once

#include "broker/access/request.h"
#include "broker/installation/installation.h"

namespace anteroom::access {

// One event as it leaves: the courier turns it into a web hook's JSON, a mail, a syslog line.
struct Notice {
    std::string event;  // "request.created", "request.approved", "request.denied", "request.escalated", "extension.asked", "break-glass.used",
                        // "break-glass.review-due", "break-glass.review-overdue", "break-glass.reviewed", "incident.opened", "factor.added", "alarm", "test"
    installation::AlertEvent about = installation::AlertEvent::alarms;
    int loudness = 0;  // 0 information, 1 warning, 2 alarm; grows for what is overdue
    bool drill = false;
    std::int64_t request = 0;
    PersonId person;  // whom it is about
    std::string person_name;
    std::string vendor;
    std::vector<std::string> targets;
    std::string summary;  // one sentence, without the reason's text
    std::string reason;   // only to channels that may have it
    std::string ticket;
    std::optional<Time> deadline;
    std::vector<PersonId> approvers;    // for mail to `approvers`
    std::vector<std::string> channels;  // beside those that listen to `about`: named by the policy
};

// A channel that policy names but anteroom.yaml does not know, or a mail with nobody to write to, is an alarm in the audit log and no
// error: an emergency does not wait for the configuration.
Status announce(installation::Installation& here, const Notice& notice);
// To this one channel only, whatever it listens to; the delivery's number. `not_found`: there is no such channel; `refused`: a mail
// with nobody to write to.
Result<std::int64_t> announce_to(installation::Installation& here, const std::string& channel, const Notice& notice);

}  // namespace anteroom::access
