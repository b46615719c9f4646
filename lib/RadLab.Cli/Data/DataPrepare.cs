using System.CommandLine;
using RadLab.Radiology;

namespace RadLab.Cli;

/// <summary><c>radlab data prepare</c>: from a data set to training files and a data card, in one command.</summary>
internal static class DataPrepare
{
    public static Command Create()
    {
        var dataSet = DataVerb.DataSet();
        var output = new Option<string>("--out") { Required = true, HelpName = "DIR", Description = "The folder to make: train.jsonl, validation.jsonl, test.jsonl, data-card.json and .html, flow.svg, audit.jsonl, split-ledger.txt." };
        var from = new Option<string?>("--from") { HelpName = "PATH", Description = "Your own copy of the file or folder, instead of the data folders' verified one." };
        var count = new Option<long?>("--count") { HelpName = "N", Description = "Generated data: records." };
        var seed = new Option<ulong?>("--seed") { HelpName = "N", Description = "Seed of generated data and of the instructions' wordings; the manifest's, or 17." };
        var part = new Option<string>("--part") { DefaultValueFactory = _ => "all", Description = "Generated data: all (protocols: kept ones for train and validation, held-out ones for test), kept (without the held-out templates and words) or held-out (only those)." };
        part.AcceptOnlyFromAmong("all", "kept", "held-out");
        var radiologist = new Option<ulong?>("--radiologist") { HelpName = "N", Description = "Generated reports: all of this one radiologist, with a style and habits that fine-tuning can learn; each by another if not given." };
        var salt = new Option<string?>("--salt") { HelpName = "TEXT", Description = "Decides the split; the data set's id if not given." };
        var saltFile = new Option<string?>("--salt-file") { HelpName = "FILE", Description = "A secret salt, the text of a file; needed where record ids must be hidden." };
        var mode = new Option<string>("--deid") { DefaultValueFactory = _ => "safe-harbor", Description = "safe-harbor (kinds in brackets, of dates only the year) or surrogates (consistent names, shifted dates; for expert determination)." };
        mode.AcceptOnlyFromAmong("safe-harbor", "surrogates");
        var key = new Option<string?>("--deid-key-file") { HelpName = "FILE", Description = "Key of the surrogates, 32 bytes or more, to repeat a run; random if not given." };
        var dayFirst = new Option<bool>("--day-first") { Description = "Read 03/04/2014 as 3 April." };
        var near = new Option<double>("--near-duplicates") { HelpName = "S", DefaultValueFactory = _ => 0.9, Description = "Drop records from this similarity to an earlier one, 0 to 1; 0 keeps them (the split groups them in any case)." };
        var ledger = new Option<string?>("--split-ledger") { HelpName = "FILE", Description = "The split-ledger.txt of an earlier preparation: no record changes its side." };
        var cleaning = new Option<string?>("--cleaning") { HelpName = "FILE", Description = "JSON with the settings of the cleaning that differ from the defaults: minFindingsWords, minImpressionWords, maxSectionWords, copiedWords, maxPlaceholderShare, dictationArtefacts, nonReports, nonReportHeadings." };
        var context = new Option<string[]>("--context") { HelpName = "SECTION", AllowMultipleArgumentsPerToken = true, Description = "Sections before the findings in a prompt: examination, indication, comparison." };
        context.AcceptOnlyFromAmong("examination", "indication", "comparison");
        var skipBad = new Option<bool>("--skip-bad") { Description = "Put unreadable records into rejects.jsonl; otherwise the first one stops the run." };
        var store = DataVerb.Store();
        var git = DataVerb.AllowInGit();
        var force = new Option<bool>("--force") { Description = "Replace a folder that an earlier prepare made." };
        var threads = new Option<int>("--threads") { HelpName = "N", Description = "Threads; every core if not given. The result does not depend on it." };
        var json = new Option<bool>("--json") { Description = "Print the data card as one JSON object." };
        var command = new Command("prepare", "Read, find sections, clean, de-identify, remove duplicates, split, check for leakage and write prompts. Downloads nothing.")
        {
            dataSet, output, from, count, seed, part, radiologist, salt, saltFile, mode, key, dayFirst, near, ledger, cleaning, context, skipBad, store, git, force, threads, json,
        };
        command.SetAction((parsed, cancellation) => DataVerb.Long(() =>
        {
            var manifest = ManifestCatalog.Find(parsed.GetValue(dataSet)!);
            if (parsed.GetValue(salt) is not null && parsed.GetValue(saltFile) is not null) throw new UsageException("--salt and --salt-file: give one of them");
            if (parsed.GetValue(near) is not (>= 0 and <= 1)) throw new UsageException("--near-duplicates: must be from 0 to 1");
            if (parsed.GetValue(count) is < 1) throw new UsageException("--count: must be at least 1");
            if (parsed.GetValue(threads) is < 0 or > 1024) throw new UsageException("--threads: must be from 0 to 1024");
            var request = new PrepareRequest
            {
                Manifest = manifest,
                Out = parsed.GetValue(output)!,
                Folders = DataVerb.Folders(parsed.GetValue(store)),
                From = parsed.GetValue(from),
                Count = parsed.GetValue(count),
                Seed = parsed.GetValue(seed),
                Part = parsed.GetValue(part) switch { "kept" => SyntheticPart.Kept, "held-out" => SyntheticPart.HeldOut, _ => SyntheticPart.All },
                Radiologist = parsed.GetValue(radiologist),
                Salt = parsed.GetValue(saltFile) is { } file ? Text(file, "--salt-file").Trim() : parsed.GetValue(salt),
                Cleaning = parsed.GetValue(cleaning) is { } settings ? CleaningSettings.Parse(Bytes(settings, "--cleaning"), Path.GetFileName(settings)) : CleaningSettings.Default,
                Deidentification = new DeidentificationSettings
                {
                    Mode = parsed.GetValue(mode) == "surrogates" ? DeidentificationMode.Surrogates : DeidentificationMode.SafeHarbor,
                    Key = parsed.GetValue(key) is { } secret ? Bytes(secret, "--deid-key-file") : null,
                    DayFirst = parsed.GetValue(dayFirst),
                },
                DropNearDuplicatesFrom = parsed.GetValue(near) is > 0 and var similarity ? similarity : null,
                Context = (parsed.GetValue(context) ?? []).Aggregate(PromptContext.FindingsOnly, (all, one) => all | Enum.Parse<PromptContext>(one, ignoreCase: true)),
                Earlier = parsed.GetValue(ledger) is { } old ? Ledger(old) : null,
                SkipBad = parsed.GetValue(skipBad),
                Replace = parsed.GetValue(force),
                AllowInGit = DataVerb.Allowed(manifest, parsed.GetValue(git)),
                Threads = parsed.GetValue(threads),
            };
            DataCard card;
            using (var progress = new DataProgress(parsed.GetValue(json))) card = DataSets.Prepare(request, p => progress.Records(p.Stage, p.Records), cancellation);
            Console.WriteLine(parsed.GetValue(json) ? card.ToJson().ToJsonString(DoctorVerb.Json) : $"{card.Summary()}\n  {Path.Combine(request.Out, DataCard.HtmlName)}");
            return ExitCodes.Done;
        }));
        return command;
    }

    private static string Text(string path, string option) => System.Text.Encoding.UTF8.GetString(Bytes(path, option));

    private static byte[] Bytes(string path, string option)
    {
        if (!File.Exists(path)) throw new UsageException($"{option} {path}: there is no such file; check the path");
        if (new FileInfo(path).Length > 1 << 20) throw new UsageException($"{option} {path}: is longer than 1 MiB; no file of this kind is");
        return File.ReadAllBytes(path);
    }

    private static SplitLedger Ledger(string path)
    {
        if (!File.Exists(path)) throw new UsageException($"--split-ledger {path}: there is no such file; check the path");
        using var reader = new StreamReader(path);
        return SplitLedger.Read(reader, path);
    }
}
