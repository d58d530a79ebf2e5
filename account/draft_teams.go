package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/team"
)

// draftTeams contains the changed teams of a draft. Only a decision that involves teams and
// the next state need a tree, so the tree is built then and not after each command.
type draftTeams struct {
	tree    *team.Edit            // nil until a command needs more than a parent
	unread  bool                  // the tree has changes that the configuration lacks
	deleted *table.Edit[struct{}] // as in config; nil until it changes
}

func (d *draft) team(id usher.TeamID) (parent usher.TeamID, ok bool) {
	if d.teams.tree != nil {
		return d.teams.tree.Find(id)
	}
	return d.next.Team(id)
}

// tree returns the teams in the draft, to be changed. Call treeChanged after a change.
func (d *draft) tree() *team.Edit {
	if d.teams.tree == nil {
		d.teams.tree = d.next.currentConfig().facts.Teams.Edit()
	}
	return d.teams.tree
}

func (d *draft) treeChanged() {
	d.editConfig()
	d.teams.unread = true
}

// settleTree copies the changed tree to the configuration.
func (d *draft) settleTree() {
	if d.teams.unread {
		d.editConfig().facts.Teams = d.teams.tree.Tree()
		d.teams.unread = false
	}
}

// wasDeleted reports whether the id is that of a deleted team.
func (d *draft) wasDeleted(id usher.TeamID) (is bool) {
	if d.teams.deleted != nil {
		_, is = d.teams.deleted.Find(string(id))
	} else {
		_, is = d.next.currentConfig().deleted.Find(string(id))
	}
	return is
}

// deletedTeams returns the ids of deleted teams, to be changed.
func (d *draft) deletedTeams() *table.Edit[struct{}] {
	if d.teams.deleted == nil {
		d.teams.deleted = d.editConfig().deleted.Edit()
	}
	return d.teams.deleted
}

// finishTeams copies all changes of teams to the configuration.
func (d *draft) finishTeams() {
	d.settleTree()
	if d.teams.deleted != nil {
		d.editConfig().deleted = d.teams.deleted.Table()
	}
}
