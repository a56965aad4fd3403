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
