package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
)

// How far a campaign may have been made from the first try of its chunk: clocks differ, and a chunk in doubt is tried again for hours.
const (
	madeBefore = time.Hour
	madeAfter  = 24 * time.Hour
)

// look asks the reports for the campaigns that may be those of chunks in review: of the batch's sender, made about the time of the first
// try, and of no chunk that is done. It needs the scope reports.
func (r *reviewing) look(ctx context.Context, b *helliobulk.Batch) error {
	client, err := r.c.client()
	if err != nil {
		return err
	}
	if err := b.CheckAccount(ctx, client); err != nil {
		return err
	}
	var oldest time.Time
	taken := map[hellio.ID]bool{}
	for c, err := range b.Chunks() {
		if err != nil {
			return err
		}
		taken[c.CampaignID] = true
		if c.State != helliobulk.StateDone && !c.Since.IsZero() && (oldest.IsZero() || c.Since.Before(oldest)) {
			oldest = c.Since
		}
	}
	r.looked = true
	for c, err := range client.Reports.Campaigns(ctx, &hellio.CampaignListParams{PerPage: 200}) {
		if err != nil {
			return fmt.Errorf("look at the campaigns: %w", err)
		}
		if oldest.IsZero() || c.CreatedAt.Before(oldest.Add(-madeBefore)) {
			return nil
		}
		if c.Sender == b.Manifest().Sender && !taken[c.ID] {
			r.campaigns = append(r.campaigns, *c)
		}
	}
	return nil
}

// alike are the campaigns that may be a chunk's.
func (r *reviewing) alike(chunk *helliobulk.ChunkStatus) (ids []hellio.ID) {
	for _, c := range r.campaigns {
		age := c.CreatedAt.Sub(chunk.Since)
		if c.TotalRecipients == chunk.Recipients && -madeBefore < age && age < madeAfter {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
