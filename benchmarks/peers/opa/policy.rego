package oncehub

# input.user asks, with the facts role, team and, if a team is managed, manages. A
# calendar's hosts, teams and reach (the teams of the hosts, and the teams) come along,
# or the target, the user whom a question is about.

admin if input.role in {"owner", "admin"}

sole if {
	input.hosts == [input.user]
	input.teams == []
}

within if {
	input.manages
	input.reach != []
	every team in input.reach { team == input.manages }
}

calendar_view if admin

calendar_view if input.user in input.hosts

calendar_view if input.team in input.teams

calendar_view if input.manages in input.reach

calendar_create if admin

calendar_create if sole

calendar_create if {
	input.teams == []
	within
}

calendar_edit if admin

calendar_edit if sole

calendar_edit if within

calendar_delete if calendar_edit

calendar_set_hosts if admin

calendar_set_hosts if {
	input.teams == []
	within
}

seat_assign if admin

seat_assign if input.target.team == input.manages

user_delete if {
	admin
	input.target.role != "owner"
}

subscription_manage if admin

account_delete if input.role == "owner"

# actions is all that may be done on a calendar.
actions contains "calendar.view" if calendar_view

actions contains "calendar.create" if calendar_create

actions contains "calendar.edit" if calendar_edit

actions contains "calendar.delete" if calendar_delete

actions contains "calendar.set-hosts" if calendar_set_hosts

# editable is the places in input.page of those calendars that the user may edit.
editable contains i if {
	admin
	some i, _ in input.page
}

editable contains i if {
	some i, calendar in input.page
	calendar.hosts == [input.user]
	calendar.teams == []
}

editable contains i if {
	input.manages
	some i, calendar in input.page
	calendar.reach != []
	every team in calendar.reach { team == input.manages }
}
