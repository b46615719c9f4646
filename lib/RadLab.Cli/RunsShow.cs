using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using RadLab.Models;
using RadLab.Notebooks;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab runs show</c>: a run's recipe, how far it is, and its loss as a chart.</summary>
internal static class RunsShow
{
    private const int PlotRows = 16;

    public static Command Create(Option<string> runs, Option<bool> json)
    {
        var run = new Argument<string>("RUN") { Description = "A run's folder or name." };
        var svg = new Option<string?>("--svg") { HelpName = "FILE", Description = "Write the loss chart as SVG." };
        var html = new Option<string?>("--html") { HelpName = "FILE", Description = "Write a page with the charts, what the run took, and its recipe." };
        var recipe = new Option<bool>("--recipe") { Description = "Print the recipe alone, as 'train --recipe' reads it." };
        var command = new Command("show", "Show a run's recipe, how far it is, and its loss.") { run, svg, html, recipe };
        command.SetAction(parsed =>
        {
            string folder = RunFolder.Find(parsed.GetValue(runs)!, parsed.GetValue(run)!);
            return parsed.GetValue(recipe) ? ShowRecipe(folder) : Show(folder, parsed.GetValue(json), parsed.GetValue(svg), parsed.GetValue(html));
        });
        return command;
    }

    private static int ShowRecipe(string folder)
    {
        Console.WriteLine(RecipeJson.Write(RunRecord.Load(folder).Recipe));
        return ExitCodes.Done;
    }

    private static int Show(string folder, bool json, string? svg, string? html)
    {
        var summary = RunSummary.Load(folder);
        var (record, curve) = (summary.Record, summary.Curve);
        if (svg is not null) Write("--svg", svg, summary.Loss.ToSvg() + "\n");
        if (html is not null) Write("--html", html, Page(summary));
        var row = RunsVerb.Row(folder);
        if (json)
        {
            (row["tokens"], row["seconds"], row["processor_seconds"], row["peak_bytes"]) = (curve.Tokens, curve.Seconds, curve.ProcessorSeconds, curve.PeakBytes);
            row["recipe"] = RecipeJson.Node(record.Recipe);
            Console.WriteLine(row.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: begun {record.StartedUtc}, steps {row["steps"]}, loss {RunsVerb.Number(row["loss"])}, validation {RunsVerb.Number(row["validation_loss"])}"));
        Console.WriteLine($"base {record.Base.WeightsSha256}");
        foreach (var (split, hash) in record.Data.Sha256) Console.WriteLine($"data {record.Data.Provenance.DataSet} {split} {hash}");
        Console.WriteLine(RecipeJson.Write(record.Recipe));
        bool terminal = !Console.IsOutputRedirected, ascii = !terminal || Console.OutputEncoding.CodePage != Encoding.UTF8.CodePage;
        Console.WriteLine();
        Console.WriteLine(summary.Loss.ToTerminal(terminal ? Terminal.Columns() : Terminal.UsualColumns, PlotRows, ascii));
        Console.WriteLine();
        foreach (var (name, value) in Costs(curve)) Console.WriteLine($"{name}: {value}");
        if (TeachingModel.Is(record.Recipe.Model)) Console.WriteLine($"\n{TeachingModel.Note}");
        return ExitCodes.Done;
    }

    private static IEnumerable<(string Name, string Value)> Costs(RunCurve curve)
    {
        if (curve.Steps.Count == 0) yield break;
        var highest = curve.Steps.MaxBy(s => s.LearningRate)!;
        yield return ("learning rate", string.Create(CultureInfo.InvariantCulture, $"highest {highest.LearningRate:0.###e+0} at step {highest.Step}, last {curve.Steps[^1].LearningRate:0.###e+0}"));
        yield return ("memory", curve.PeakBytes is { } peak ? string.Create(CultureInfo.InvariantCulture, $"peak {peak / 1e6:0.0} MB, after the last step {(curve.Steps[^1].LiveBytes ?? 0) / 1e6:0.0} MB (tensors, as the engine counts them)") : "not noted by the version that trained");
        string processor = curve.ProcessorSeconds is { } p ? string.Create(CultureInfo.InvariantCulture, $"{p:0.0} s") : "not noted";
        yield return ("time", string.Create(CultureInfo.InvariantCulture, $"{curve.Seconds:0.0} s by the clock, {processor} of processors (training alone)"));
        yield return ("tokens", string.Create(CultureInfo.InvariantCulture, $"{curve.Tokens:0}, {(curve.Seconds > 0 ? curve.Tokens / curve.Seconds : 0):0} a second"));
    }

    private static string Page(RunSummary summary)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n");
        string title = Encoded($"Run {Path.GetFileName(Path.TrimEndingDirectorySeparator(summary.Folder))}");
        page.Append(CultureInfo.InvariantCulture, $"<title>{title}</title>\n<style>:root{{color-scheme:light dark}}body{{font:15px/1.5 system-ui,sans-serif;max-width:680px;margin:2em auto;padding:0 1em}}td{{padding:.15em 1.2em .15em 0;vertical-align:top}}td:first-child{{opacity:.75}}pre{{overflow-x:auto;font-size:13px}}</style>\n<h1>{title}</h1>\n<table>\n");
        foreach (var (name, value) in summary.Facts.Concat(Costs(summary.Curve))) page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Encoded(name)}</td><td>{Encoded(value)}</td></tr>\n");
        page.Append("</table>\n").Append(summary.Loss.ToHtml()).Append('\n').Append(summary.Curve.LearningRate().ToHtml());
        if (TeachingModel.Is(summary.Record.Recipe.Model)) page.Append(CultureInfo.InvariantCulture, $"\n<p>{Encoded(TeachingModel.Note)}</p>");
        return page.Append(CultureInfo.InvariantCulture, $"\n<h2>Recipe</h2>\n<pre>{Encoded(RecipeJson.Write(summary.Record.Recipe))}</pre>\n</html>\n").ToString();
    }

    private static void Write(string option, string file, string text)
    {
        try
        {
            WholeFile.Write(file, Encoding.UTF8.GetBytes(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{option} {file}: cannot be written ({e.Message.TrimEnd('.')}); choose a file in a folder that exists and is writable.", e);
        }
        Console.Error.WriteLine($"{file}: written");
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);
}
