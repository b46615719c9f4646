using System.CommandLine;
using System.Globalization;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Cli;

/// <summary><c>radlab merge</c>: an adapter into its base, measured before it is written.</summary>
internal static class MergeVerb
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, HelpName = "DIR", Description = "The base: a model folder." };
        var adapter = new Option<string>("--adapter") { Required = true, HelpName = "DIR", Description = "A PEFT folder." };
        var output = new Option<string>("--out") { Required = true, HelpName = "DIR", Description = "A new or empty folder." };
        var to = new Option<string>("--to") { HelpName = "FORMAT", DefaultValueFactory = _ => "bf16", Description = $"{string.Join(", ", MergeTargets.Names)}; bf16 if not given. dequantized-*: into the base as the adapter saw it in 4 bits." };
        to.AcceptOnlyFromAmong([.. MergeTargets.Names]);
        var prompts = new Option<string?>("--prompts") { HelpName = "FILE", Description = "Texts to measure on: one a line, or .jsonl with \"prompt\". Not given: eight built-in ones." };
        var limit = new Option<double>("--limit") { HelpName = "KL", DefaultValueFactory = _ => MergeOptions.DefaultMaxDivergence, Description = "Mean divergence in nats above which nothing is written; 0.001 if not given." };
        var force = new Option<bool>("--force") { Description = "Write above the limit, and merge into another base than the adapter's." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a model that is in the output folder." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("merge", "Merge an adapter into its base model and measure what that changes.") { model, adapter, output, to, prompts, limit, force, overwrite, json };
        command.SetAction(parsed =>
        {
            double most = parsed.GetValue(limit);
            if (!(most >= 0)) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--limit: must be 0 or more, got {most}"));
            string folder = Folder("--model", parsed.GetValue(model)!), peft = Folder("--adapter", parsed.GetValue(adapter)!), target = parsed.GetValue(output)!;
            if (!parsed.GetValue(overwrite) && (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())))
                throw new UsageException($"--out {target}: is there already; choose another path, or give --overwrite to replace it");
            var texts = MergePrompts.Read(folder, parsed.GetValue(prompts));
            return Run(folder, peft, target, texts, parsed.GetValue(json), new MergeOptions
            {
                Target = MergeTargets.Parse(parsed.GetValue(to)!),
                Prompts = texts.Tokens,
                MaxDivergence = most,
                AboveLimit = parsed.GetValue(force),
                AnotherBase = parsed.GetValue(force),
                Overwrite = parsed.GetValue(overwrite),
            });
        });
        return command;
    }

    private static int Run(string model, string adapter, string output, MergePrompts texts, bool json, MergeOptions options)
    {
        using var engine = new Engine();
        MergeReport report;
        try
        {
            report = AdapterMerge.Run(engine, model, adapter, output, options);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
        if (json)
        {
            Console.WriteLine(report.ToJson().ToJsonString(DoctorVerb.Json));
        }
        else
        {
            foreach (string note in texts.Notes.Concat(report.Notes)) Console.WriteLine($"note: {note}");
            Console.WriteLine(report.Summary());
            if (report.Written) Console.WriteLine($"{output}: merged as {MergeTargets.NameOf(report.Target)}, figures in {MergeReport.FileName}");
        }
        if (report.Written) return ExitCodes.Done;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"radlab: merge refused: the mean KL of {report.Fidelity.MeanDivergence:G3} must be at most --limit {options.MaxDivergence:G3}; nothing was written: choose another --to, or give --force to write it all the same"));
        return ExitCodes.Found;
    }

    private static string Folder(string option, string path) => Directory.Exists(path) ? path : throw new UsageException($"{option} {path}: there is no such folder; check the path");
}
