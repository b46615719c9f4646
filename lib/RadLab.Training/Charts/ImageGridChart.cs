using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RadLab.Training;

/// <summary>See <see cref="Chart.Images"/>.</summary>
public sealed record ImageGridChart : Chart
{
    private const int Most = 400;

    private readonly IReadOnlyList<(string Caption, Picture Picture)> _images;
    private readonly int _columns;

    internal ImageGridChart(IReadOnlyList<(string Caption, Picture Picture)> images, int columns)
    {
        if (images.Count is 0 or > Most) throw new ArgumentException(FormattableString.Invariant($"Chart.Images: needs 1 to {Most} pictures, got {images.Count}."));
        if (columns < 0) throw new ArgumentException(FormattableString.Invariant($"Chart.Images: columns must be 0 (automatic) or more, got {columns}."));
        _images = images;
        if (columns == 0)
            for (columns = 1; columns * columns < images.Count && columns < 6;) columns++;
        _columns = Math.Min(columns, images.Count);
        double row = (Width - 2 * Frame.Margin) / _columns * images.Max(i => (double)i.Picture.Height / i.Picture.Width) + 30;
        Height = (int)Math.Clamp(50 + (images.Count + _columns - 1) / _columns * row, 120, 4000);
    }

    internal override string Kind => "image grid";

    private protected override void Draw(Drawing d)
    {
        const double gap = 10;
        int rows = (_images.Count + _columns - 1) / _columns;
        double top = Frame.DrawHead(d, Title, []), caption = _images.Any(i => i.Caption.Length > 0) ? Frame.Small + 8 : 0;
        double w = (d.Width - 2 * Frame.Margin - (_columns - 1) * gap) / _columns, h = (d.Height - top - Frame.Margin - (rows - 1) * gap) / rows;
        for (int i = 0; i < _images.Count; i++)
        {
            double x = Frame.Margin + i % _columns * (w + gap), y = top + i / _columns * (h + gap);
            var p = _images[i].Picture;
            double s = Math.Min(w / p.Width, (h - caption) / p.Height), pw = p.Width * s, ph = p.Height * s, px = x + (w - pw) / 2;
            d.Picture(px, y, pw, ph, p);
            d.Outline(px, y, pw, ph, Palette.Grid);
            d.Text(x + w / 2, y + ph + 4 + Frame.Small * 0.85, Frame.Shortened(_images[i].Caption, w), Frame.Small, Palette.Ink, TextAnchor.Middle);
            d.Tell(px + pw / 2, y + ph / 2, FormattableString.Invariant($"{_images[i].Caption} ({p.Width} x {p.Height})").TrimStart());
        }
    }

    private protected override IEnumerable<(string, JsonNode)> Values() =>
        [("images", new JsonArray([.. _images.Select(i => (JsonNode)new JsonObject { ["caption"] = i.Caption, ["width"] = i.Picture.Width, ["height"] = i.Picture.Height, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(i.Picture.Rgb)) })]))];

    private protected override IEnumerable<JsonObject> Traces() =>
        _images.Select(i => new JsonObject { ["type"] = "image", ["name"] = i.Caption, ["source"] = "data:image/png;base64," + Convert.ToBase64String(i.Picture.ToPng()) });

    private protected override void Layout(JsonObject layout) => layout["grid"] = new JsonObject { ["rows"] = (_images.Count + _columns - 1) / _columns, ["columns"] = _columns, ["pattern"] = "independent" };

    private protected override void Describe(StringBuilder text)
    {
        foreach (var (caption, p) in _images) text.Append(FormattableString.Invariant($"{(caption.Length > 0 ? caption : "picture")}: {p.Width} x {p.Height} pixels\n"));
    }
}
