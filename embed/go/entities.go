package tokencache

import (
	"bytes"
	"encoding/json"
)

var sections = [...]string{"Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata"}

type members = map[string]json.RawMessage

// membersOf returns nil for what is no object.
func membersOf(value []byte) (found members) {
	_ = json.Unmarshal(bytes.TrimPrefix(value, []byte("\ufeff")), &found)
	return found
}

// readable leaves out sections and entities that are no objects. MSAL cannot read them, or takes null for an entity without fields; they stay
// where they are stored, and what can be read must not depend on them.
func readable(document []byte) []byte {
	all := membersOf(document)
	isChanged := false
	for _, name := range sections {
		section, isThere := all[name]
		if !isThere {
			continue
		}
		entities := membersOf(section)
		count := len(entities)
		for key, entity := range entities {
			if entity[0] != '{' {
				delete(entities, key)
			}
		}
		switch {
		case entities == nil:
			delete(all, name)
		case len(entities) < count:
			all[name] = objectOf(entities)
		default:
			continue
		}
		isChanged = true
	}
	if !isChanged {
		return document
	}
	return objectOf(all)
}

// respelled returns before with each entity that now lacks in the spelling of stored: then it has been removed, and is not another one.
func respelled(before, now, stored []byte) []byte {
	all, left, spelled := membersOf(before), membersOf(now), membersOf(stored)
	for _, name := range sections {
		entities, left, spelled := membersOf(all[name]), membersOf(left[name]), membersOf(spelled[name])
		for key := range entities {
			if left[key] == nil && spelled[key] != nil {
				entities[key] = spelled[key]
			}
		}
		if len(entities) > 0 {
			all[name] = objectOf(entities)
		}
	}
	return objectOf(all)
}

// objectOf cannot fail: they have all been read.
func objectOf(all members) []byte {
	object, _ := json.Marshal(all)
	return object
}
