package fakes

import "testing"

func TestTheFirstCallSucceeds(t *testing.T) {
	if err := FirstCall(); err != nil {
		t.Fatal(err)
	}
}

func TestAStoreSendsAndReadsAPage(t *testing.T) {
	store, err := Open(100)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Send(); err != nil {
		t.Error(err)
	}
	if err := store.NewestPage(); err != nil {
		t.Error(err)
	}
}
