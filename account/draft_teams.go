package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/team"
)

// draftTeams are the teams of a draft. Commands change them one by one, while only a
// decision about them and the next state need a tree. So that is made then, and not
// after each of a thousand commands.
type draftTeams struct {
	tree    *team.Edit            // nil until a command needs more than a parent
	unread  bool                  // tree changed since the plan got it
	deleted *table.Edit[struct{}] // as in plan; nil until it changes
}

func (d *draft) team(id usher.TeamID) (parent usher.TeamID, ok bool) {
	if d.teams.tree != nil {
		return d.teams.tree.Find(id)
	}
	return d.next.Team(id)
}

// tree returns the teams as drafted. After a change of it, treeChanged must be called.
func (d *draft) tree() *team.Edit {
	if d.teams.tree == nil {
		d.teams.tree = d.next.planned().facts.Teams.Edit()
	}
	return d.teams.tree
}

func (d *draft) treeChanged() {
	d.plan()
	d.teams.unread = true
}

// settleTree gives the plan the teams as changed so far.
func (d *draft) settleTree() {
	if d.teams.unread {
		d.plan().facts.Teams = d.teams.tree.Tree()
		d.teams.unread = false
	}
}

// wasDeleted reports whether there was a team with the id, and is none any more.
func (d *draft) wasDeleted(id usher.TeamID) (is bool) {
	if d.teams.deleted != nil {
		_, is = d.teams.deleted.Find(string(id))
	} else {
		_, is = d.next.planned().deleted.Find(string(id))
	}
	return is
}

// deletedTeams returns the ids of deleted teams, to be changed.
func (d *draft) deletedTeams() *table.Edit[struct{}] {
	if d.teams.deleted == nil {
		d.teams.deleted = d.plan().deleted.Edit()
	}
	return d.teams.deleted
}

// doneTeams gives the plan all that was changed about teams.
func (d *draft) doneTeams() {
	d.settleTree()
	if d.teams.deleted != nil {
		d.plan().deleted = d.teams.deleted.Table()
	}
}
