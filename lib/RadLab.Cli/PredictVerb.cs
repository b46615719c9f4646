using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab predict</c>: a model's answers to the records of a file.</summary>
internal static class PredictVerb
{
    private const int MaxLabels = 10_000, MaxLabelBytes = 1 << 20;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, HelpName = "DIR|ID", Description = "A model folder, radlab-tiny, or a Hugging Face id in its cache." };
        var adapter = new Option<string?>("--adapter") { HelpName = "DIR|NAME", Description = "A PEFT folder, the folder of a finished run, or NAME/VERSION or NAME@ALIAS of the registry." };
        var registry = new Option<string>("--registry") { HelpName = "DIR", DefaultValueFactory = _ => ModelRegistry.DefaultFolder, Description = "The registry's folder. Default: registry." };
        var force = new Option<bool>("--force") { Description = "Take the adapter on another base than its own all the same." };
        var format = new Option<string>("--format") { HelpName = "FORMAT", DefaultValueFactory = _ => "auto", Description = "How the linear layers are kept: nf4, bf16 or f32. auto: as the adapter was trained, else as they are stored." };
        format.AcceptOnlyFromAmong("auto", "nf4", "bf16", "f32");
        var input = new Option<string>("--in") { Required = true, HelpName = "FILE", Description = "Prepared examples (.jsonl), or plain records with an id and a text (.jsonl, .csv)." };
        var output = new Option<string>("--out") { Required = true, HelpName = "FILE", Description = "JSON lines, one a record in the order of the input. Goes on with a file that the same command began." };
        var id = new Option<string>("--id-column") { HelpName = "NAME", DefaultValueFactory = _ => "id", Description = "Column of the ids, which must differ. Default: id." };
        var text = new Option<string>("--input-column") { HelpName = "NAME", DefaultValueFactory = _ => "input", Description = "Column of the texts. Default: input." };
        var task = new Option<string?>("--task") { HelpName = "TASK", Description = "impression or protocol. Default: what the adapter was trained for, else that of prepared examples, else impression." };
        task.AcceptOnlyFromAmong(ImpressionPrompts.Task, ProtocolPrompts.Task);
        var instruction = new Option<string?>("--instruction") { HelpName = "TEXT", Description = "What plain records are asked; the first wording of the task if not given." };
        var labels = new Option<string?>("--labels") { HelpName = "FILE", Description = "The labels to choose from, one a line. Default: those that the adapter was trained with, where it carries them." };
        var choices = new Option<string?>("--choices") { HelpName = "A,B", Description = "The labels to choose from, with commas between." };
        var abstain = new Option<double>("--abstain-below") { HelpName = "P", Description = "Give no label where the likeliest has a lower probability." };
        var shard = new Option<string?>("--shard") { HelpName = "I/N", Description = "Only part I of N (I from 1), by a hash of the ids: the parts can run on several machines." };
        var batch = BenchVerb.Size("--batch", "Records that are answered at once; the rows do not depend on it.", 8, 4096);
        var limit = new Option<long?>("--limit") { HelpName = "N", Description = "The first N records of the file only." };
        var beams = new Option<int?>("--beams") { HelpName = "N", Description = "Texts that are followed side by side for each answer, the best is taken; as the adapter's recipe says if not given. 1: greedily." };
        var problems = new Option<bool>("--through-problems") { Description = "Protocols: list the note's problems first and choose from that list. An adapter that was trained so says so itself." };
        var context = new Option<int?>("--context") { HelpName = "TOKENS", Description = "Tokens of prompt and answer together; those of the adapter's run, else 1024 or what the model has." };
        var answer = new Option<int?>("--answer-tokens") { HelpName = "TOKENS", Description = "Longest answer; a third of the context if not given; of no account with labels." };
        var dataSet = new Option<string?>("--data-set") { HelpName = "ID", Description = "The data set that the records come from, whose terms the output carries; not needed beside a data card." };
        var git = DataVerb.AllowInGit();
        var threads = BenchVerb.ThreadsOption();
        var json = BenchVerb.JsonOption();
        var command = new Command("predict", "Answer the records of a file with a model. Stopped at any moment, the same command goes on where it was.")
        {
            model, adapter, registry, force, format, input, output, id, text, task, instruction, labels, choices, problems, beams, abstain, shard, batch, limit, context, answer, dataSet, git, threads, json,
        };
        command.SetAction((parsed, cancellation) => DataVerb.Long(() =>
        {
            if (parsed.GetValue(limit) is < 1) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--limit: must be at least 1, got {parsed.GetValue(limit)}"));
            string from = parsed.GetValue(input)!, to = parsed.GetValue(output)!;
            if (Path.GetFullPath(from) == Path.GetFullPath(to)) throw new UsageException("--out: must be another file than --in");
            var part = Shard(parsed.GetValue(shard));
            string[] closed = Labels(parsed.GetValue(labels), parsed.GetValue(choices));
            var records = new PromptRecords(from, parsed.GetValue(id)!, parsed.GetValue(text)!);
            var chosen = PredictionModel.Open(parsed.GetValue(model)!, parsed.GetValue(adapter), Format(parsed.GetValue(format)!), parsed.GetValue(force), parsed.GetValue(registry)!);
            var origin = new PredictionOrigin(Origin(from, parsed.GetValue(dataSet)), chosen.TrainedOn);
            origin.CheckPlace(to, parsed.GetValue(git));
            string asked = Asked(parsed.GetValue(task), chosen.Prompting?.Task, records.Read().Select(r => r.Record.Task).FirstOrDefault());
            if (closed.Length == 0 && asked == ProtocolPrompts.Task && chosen.Prompting?.Labels is { } own)
            {
                closed = [.. own];
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"labels: the {closed.Length} that the model was trained with"));
            }
            int tokens = parsed.GetValue(context) ?? chosen.DefaultContext, side = parsed.GetValue(beams) ?? chosen.Prompting?.Beams ?? 1;
            if (side is < 1 or > AnswerSettings.MostBeams) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--beams: must be from 1 to {AnswerSettings.MostBeams}, got {side}"));
            if (closed.Length > 0 && parsed.GetValue(beams) is not null) throw new UsageException("--beams: labels are chosen by their probabilities, not written; leave it out");
            var settings = new PredictionSettings
            {
                Task = asked, Instruction = parsed.GetValue(instruction) ?? (asked == ProtocolPrompts.Task ? ProtocolPrompts.Instructions : ImpressionPrompts.Instructions)[0], ContextTokens = tokens,
                AnswerTokens = parsed.GetValue(answer) ?? Math.Max(1, tokens / 3), Beams = side, PriorCorrection = side > 1 ? chosen.Prompting?.PriorCorrection ?? 0 : 0,
                Labels = closed, ThroughProblems = parsed.GetValue(problems) || (closed.Length > 0 && asked == ProtocolPrompts.Task && chosen.ThroughProblems), AbstainBelow = parsed.GetValue(abstain),
                Shard = part, Limit = parsed.GetValue(limit) ?? long.MaxValue,
            };
            return Run(new BatchPrediction(chosen, records, settings, origin, cancellation), to, parsed.GetValue(batch), parsed.GetValue(threads), parsed.GetValue(json), cancellation);
        }));
        return command;
    }

    private static int Run(BatchPrediction prediction, string output, int batch, int threads, bool json, CancellationToken cancellation)
    {
        using var engine = new Engine(new EngineOptions { Threads = threads });
        using var stop = cancellation.Register(engine.Interrupt);
        PredictionResult result;
        try
        {
            using var progress = new DataProgress(json);
            result = prediction.Run(engine, output, batch, p => progress.Rows(output, p.Rows, p.Total, p.RowsPerSecond), Console.Error.WriteLine, cancellation);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"radlab: interrupted; the same command goes on with {output}");
            return ExitCodes.Interrupted;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
        if (json)
            Console.WriteLine(new JsonObject
            {
                ["out"] = output, ["rows"] = result.Rows, ["added"] = result.Added, ["left_out"] = result.LeftOut, ["abstained"] = result.Abstained, ["seconds"] = result.Seconds, ["rows_per_s"] = result.RowsPerSecond,
            }.ToJsonString(DoctorVerb.Json));
        else
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{output}: {result.Rows} rows, {result.Added} of them new ({result.LeftOut} left out as too long, {result.Abstained} without a label), {result.RowsPerSecond:0.00} rows/s"));
        return ExitCodes.Done;
    }

    private static string Asked(string? given, TrainingTask? trained, string? prepared)
    {
        string? own = trained switch { TrainingTask.Impression => ImpressionPrompts.Task, TrainingTask.Protocol => ProtocolPrompts.Task, _ => null };
        if (given is not null && own is not null && given != own) Console.Error.WriteLine($"task {given}: the model was trained for the task {own}");
        if (given is null && own is not null && prepared is not null && prepared != own) throw new RecipeException($"task: the records were prepared for {prepared}, but the model was trained for {own}; give --task {prepared} to ask it all the same.");
        return given ?? own ?? prepared ?? ImpressionPrompts.Task;
    }

    private static PredictionShard Shard(string? text)
    {
        try
        {
            return text is null ? PredictionShard.All : PredictionShard.Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--shard: {e.Message}");
        }
    }

    private static string[] Labels(string? file, string? list)
    {
        if (file is not null && list is not null) throw new UsageException("--labels: give either it or --choices");
        if (file is not null && !File.Exists(file)) throw new UsageException($"--labels {file}: there is no such file; check the path");
        if (file is not null && new FileInfo(file).Length > MaxLabelBytes) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--labels {file}: must have at most {MaxLabelBytes} bytes"));
        string[] labels = [.. (file is null ? list?.Split(',') ?? [] : File.ReadLines(file)).Select(l => l.Trim()).Where(l => l.Length > 0)];
        if (labels.Length > MaxLabels) throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--labels: must be at most {MaxLabels}, got {labels.Length}"));
        if (labels.Length < 2 && (file ?? list) is not null) throw new UsageException("--labels: must be at least two to choose from");
        return labels;
    }

    private static DataProvenance? Origin(string input, string? dataSet)
    {
        var card = PreparedFolder.ProvenanceBeside(input);
        if (dataSet is null) return card;
        if (card is not null && card.DataSet != dataSet) throw new UsageException($"--data-set {dataSet}: the data card beside {input} says {card.DataSet}");
        return card ?? DataProvenance.Of(ManifestCatalog.Find(dataSet), []);
    }

    private static WeightFormat? Format(string name) => name switch
    {
        "nf4" => WeightFormat.Nf4,
        "bf16" => WeightFormat.BF16,
        "f32" => WeightFormat.F32,
        _ => null,
    };
}
