using System.Globalization;
using RadLab.Training;

namespace RadLab.Notebooks;

/// <summary>A run at a glance, read from its folder: what was trained on what, how far it came, and its loss.</summary>
[TypeFormatterSource(typeof(RunSummaryFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class RunSummary
{
    private readonly List<(string Name, string Value)> _facts = [];

    private RunSummary(string folder, RunRecord record, RunCurve curve)
    {
        var loss = curve.Loss();
        (Folder, Record, Curve, Loss) = (folder, record, curve, loss);
        var training = loss.Series[0];
        _facts.Add(("run", Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))));
        _facts.Add(("recipe", record.Recipe.Name));
        _facts.Add(("started", record.StartedUtc));
        _facts.Add(("data", record.Data.Provenance.Phi.Class.ToString()));
        _facts.Add(("steps", training.X.Count == 0 ? "0" : training.X[^1].ToString("N0", CultureInfo.InvariantCulture)));
        if (training.Y.Count > 0) _facts.Add(("loss, first and last", string.Create(CultureInfo.InvariantCulture, $"{training.Y[0]:0.0000}, {training.Y[^1]:0.0000}")));
        if (loss.Series.Count > 1) _facts.Add(("validation loss, least", loss.Series[1].Y.Min().ToString("0.0000", CultureInfo.InvariantCulture)));
    }

    public string Folder { get; }
    public RunRecord Record { get; }

    /// <summary>All that its metrics say.</summary>
    public RunCurve Curve { get; }

    /// <summary>Training and, where it was measured, validation loss.</summary>
    public LineChart Loss { get; }

    /// <summary>Name and value, in order.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts => _facts;

    /// <exception cref="RecipeException">The folder is not a run's.</exception>
    public static RunSummary Load(string folder)
    {
        var record = RunRecord.Load(folder);
        return new RunSummary(folder, record, RunCurve.Read(folder));
    }
}

internal sealed class RunSummaryFormatters
{
    public IEnumerable<object> CreateTypeFormatters() => [new ValueFormatter<RunSummary>("text/html", Html), new ValueFormatter<RunSummary>("text/plain", Text)];

    private static string Html(RunSummary run)
    {
        string table = HtmlTable.OfRows(run.Facts.Select(f => new { what = f.Name, value = f.Value }), new { what = "", value = "" }.GetType()).ToHtml();
        string svg = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(run.Loss.ToSvg()));
        return $"{table}\n<img alt=\"loss by step\" src=\"data:image/svg+xml;base64,{svg}\">{(TeachingModel.Is(run.Record.Recipe.Model) ? $"\n<p>{TeachingModel.Note}</p>" : "")}";
    }

    private static string Text(RunSummary run) => string.Join('\n', run.Facts.Select(f => $"{f.Name}: {f.Value}")) + "\n" + run.Loss.ToText() + (TeachingModel.Is(run.Record.Recipe.Model) ? "\n" + TeachingModel.Note : "");
}
