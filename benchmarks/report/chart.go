package report

import (
	"bytes"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colors of medium brightness, which are readable on white and on near black. The background
// is transparent.
var (
	ink    = color.RGBA{R: 0x76, G: 0x7d, B: 0x86, A: 255}
	faint  = color.NRGBA{R: 0x76, G: 0x7d, B: 0x86, A: 90}
	ours   = color.RGBA{R: 0x1f, G: 0x9d, B: 0x55, A: 255}
	theirs = color.RGBA{R: 0x4b, G: 0x82, B: 0xd4, A: 255}
)

const (
	row    = 17 // points of height
	around = 62 // for the title and the axis
	wide   = 640
)

// Chart returns an SVG of the time of a check as a multiple of the reference, on a
// logarithmic scale. It has a bar for each peer, grouped by the number of users.
func (r *Report) Chart() ([]byte, error) {
	p := plot.New()
	p.BackgroundColor = nil // the page's own
	p.Title.Text = "A check, in times of the hand-written reference (logarithmic)"
	p.Title.Padding = 8
	for _, s := range []*color.Color{
		&p.Title.TextStyle.Color, &p.X.Color, &p.Y.Color, &p.X.Tick.Color, &p.Y.Tick.Color, &p.X.Tick.Label.Color, &p.Y.Tick.Label.Color,
	} {
		*s = ink
	}
	for _, s := range []*draw.LineStyle{&p.Y.LineStyle, &p.Y.Tick.LineStyle} {
		s.Width = 0
	}
	p.Title.TextStyle.Font.Size, p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 13, 10, 10
	p.X.Padding, p.Y.Padding = 2, 12 // names are wider in some fonts
	p.Title.TextStyle.Font.Variant, p.X.Tick.Label.Font.Variant, p.Y.Tick.Label.Font.Variant = "Sans", "Sans", "Sans"
	rows, most, err := r.bars(p)
	if err != nil {
		return nil, err
	}
	p.X.Min, p.X.Max = 0, math.Ceil(most)+0.35
	p.X.Tick.Marker = plot.ConstantTicks(powers(int(math.Ceil(most))))
	p.Y.Min, p.Y.Max = float64(-rows)+0.4, 0.4

	canvas := vgsvg.NewWith(vgsvg.UseWH(wide, vg.Length(rows*row+around)))
	p.Draw(draw.Crop(draw.New(canvas), 2, -6, 4, -6))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return nil, err
	}
	// Fallback fonts with the same widths.
	return bytes.ReplaceAll(svg.Bytes(), []byte("Liberation Sans"), []byte("Liberation Sans, Arial, Helvetica, sans-serif")), nil
}

// bars adds the bars from top to bottom. It returns the number of their rows, and the largest
// exponent.
func (r *Report) bars(p *plot.Plot) (rows int, most float64, err error) {
	grid := plotter.NewGrid()
	grid.Horizontal.Width = 0
	grid.Vertical.Color, grid.Vertical.Dashes = faint, nil
	p.Add(grid)
	var names []plot.Tick
	labels := plotter.XYLabels{}
	for _, users := range r.sizes() {
		labels.XYs = append(labels.XYs, plotter.XY{Y: float64(-rows)})
		labels.Labels = append(labels.Labels, count(users)+" users")
		rows++
		for _, result := range r.at(users) {
			if result.Peer == ByHand {
				continue
			}
			at, label, length := float64(-rows), result.Refused, 0.0
			if label == "" {
				length = math.Log10(result.Check.Ratio)
				most = max(most, length)
				label = times(result.Check.Ratio)
				shade := theirs
				if result.Peer == Usher {
					shade = ours
				}
				if err := addBar(p, at, length, shade); err != nil {
					return 0, 0, err
				}
			}
			names = append(names, plot.Tick{Value: at, Label: r.title(result.Peer)})
			labels.XYs = append(labels.XYs, plotter.XY{X: max(length, 0), Y: at})
			labels.Labels = append(labels.Labels, label)
			rows++
		}
	}
	rows, names, err = r.formBars(p, rows, names, &labels)
	if err != nil {
		return 0, 0, err
	}
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	text, err := plotter.NewLabels(labels)
	if err != nil {
		return 0, 0, err
	}
	text.Offset = vg.Point{X: 4, Y: -3.5}
	for i := range text.TextStyle {
		text.TextStyle[i].Color = ink
		text.TextStyle[i].Font.Size = 10
		text.TextStyle[i].Font.Variant = "Sans"
	}
	p.Add(text)
	return rows, most, nil
}

// addBar adds a bar of a length, which is a logarithm. A ratio below 1 has the shortest bar.
func addBar(p *plot.Plot, at, length float64, shade color.Color) error {
	bar, err := plotter.NewBarChart(plotter.Values{max(length, 0.01)}, row*0.66)
	if err != nil {
		return err
	}
	bar.Horizontal, bar.XMin, bar.LineStyle.Width, bar.Color = true, at, 0, shade
	p.Add(bar)
	return nil
}

// formBars adds a bar for each form of calls of usher at each size, below those of the peers.
func (r *Report) formBars(p *plot.Plot, rows int, names []plot.Tick, labels *plotter.XYLabels) (int, []plot.Tick, error) {
	for _, users := range r.sizes() {
		usher := r.find(Usher, users)
		if usher == nil || usher.Forms == nil {
			continue
		}
		labels.XYs = append(labels.XYs, plotter.XY{Y: float64(-rows)})
		labels.Labels = append(labels.Labels, "usher at "+count(users)+" users, by form of call")
		rows++
		for _, f := range forms {
			at, length := float64(-rows), math.Log10(f.of(usher))
			if err := addBar(p, at, length, ours); err != nil {
				return 0, nil, err
			}
			names = append(names, plot.Tick{Value: at, Label: f.name})
			labels.XYs = append(labels.XYs, plotter.XY{X: max(length, 0), Y: at})
			labels.Labels = append(labels.Labels, times(f.of(usher)))
			rows++
		}
	}
	return rows, names, nil
}

// powers are the ticks 1, 10, 100 and so on.
func powers(most int) (list []plot.Tick) {
	for i := range most + 1 {
		list = append(list, plot.Tick{Value: float64(i), Label: count(int(math.Pow10(i))) + "×"})
	}
	return list
}
