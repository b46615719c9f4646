using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab bench data</c>: reports per second through sections, cleaning, de-identification and exact duplicates, and the memory that takes.</summary>
internal static class BenchData
{
    public static Command Create()
    {
        var reports = new Option<long>("--reports") { HelpName = "N", DefaultValueFactory = _ => 100_000, Description = "Reports of the generated file." };
        var threads = new Option<int>("--threads") { HelpName = "N", Description = "Threads; every core if not given." };
        var file = new Option<string?>("--file") { HelpName = "PATH", Description = "Keep the generated file here, or use the one that is here; a temporary one if not given." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("data", "Reports per second of the preparation's streaming half, on a generated file of free-text reports of about 60 words.") { reports, threads, file, json };
        command.SetAction((parsed, cancellation) => DataVerb.Long(() =>
        {
            if (parsed.GetValue(reports) is < 1 or > 100_000_000) throw new UsageException("--reports: must be from 1 to 100000000");
            string folder = Directory.CreateTempSubdirectory("radlab-data-bench-").FullName;
            try
            {
                string path = parsed.GetValue(file) ?? Path.Combine(folder, "reports.jsonl");
                var (count, words) = File.Exists(path) ? PipelineBench.Count(path) : PipelineBench.Generate(path, parsed.GetValue(reports));
                var result = PipelineBench.Run(path, Path.Combine(folder, "out"), parsed.GetValue(threads), cancellation);
                Print(result, count, words, parsed.GetValue(json));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
            return ExitCodes.Done;
        }));
        return command;
    }

    private static void Print(PipelineBenchResult r, long count, double words, bool json)
    {
        using var process = Process.GetCurrentProcess();
        var figures = new JsonObject
        {
            ["reports"] = count,
            ["words_per_report"] = Math.Round(words, 1),
            ["seconds"] = Math.Round(r.Seconds, 2),
            ["reports_per_s"] = Math.Round(count / r.Seconds),
            ["processor_us_per_report"] = Math.Round(1e6 * r.ProcessorSeconds / count, 1),
            ["kept"] = r.Kept,
            ["threads"] = r.Threads,
            ["peak_resident_mb"] = Math.Round(process.PeakWorkingSet64 / 1e6),
        };
        if (json) Console.WriteLine(figures.ToJsonString(DoctorVerb.Json));
        else
            foreach (var (name, value) in figures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-20} {value}"));
    }
}
