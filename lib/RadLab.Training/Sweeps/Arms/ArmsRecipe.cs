using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A way of fine-tuning that is compared with others.</summary>
/// <param name="Set">Settings that make it, as path=value.</param>
/// <param name="Over">Its grid; the lowest validation loss chooses.</param>
public sealed record Arm(string Name, IReadOnlyList<string> Set, IReadOnlyList<string> Over);

/// <summary>
/// <c>compare-arms</c>: base, full fine-tuning, BF16 LoRA and QLoRA on the same data, for several model sizes and seeds. Written to <c>arms.json</c> before anything
/// is trained, the margin of equivalence included.
/// </summary>
public sealed record ArmsRecipe
{
    public const string DefaultName = "compare-arms", FileName = "arms.json", Full = "full", Lora = "bf16-lora", Qlora = "qlora", Base = "base";

    internal const int MaxBytes = 1 << 20;

    public string Name { get; init; } = DefaultName;

    public string Description { get; init; } = "Base, full fine-tuning, BF16 LoRA and QLoRA over model sizes and seeds: quality, time, memory, and whether QLoRA equals full fine-tuning. See 'radlab sweep compare-arms --help'.";

    /// <summary>What all arms have in common; its model does not count. Generated reports, as many as make a test split that an equivalence can be shown on, of one radiologist, whose ways the base has not read.</summary>
    public Recipe Recipe { get; init; } = Recipes.TinyImpression with
    {
        Name = "arms", Data = "synthetic-reports:count=4000,radiologist=1", Steps = 300, Lora = new Lora { Rank = 16, Alpha = 32, Targets = LlamaWeights.LinearNames }, Run = Recipes.TinyImpression.Run with { EvaluateEvery = 100, SaveEvery = 100, Samples = 0, ScoreTest = false },
    };

    public IReadOnlyList<ModelSize> Sizes { get; init; } = [ModelSize.Small, ModelSize.Tiny];

    /// <summary>Of the runs that are scored.</summary>
    public IReadOnlyList<ulong> Seeds { get; init; } = [17, 18, 19];

    /// <summary>Of the choice of settings, whose runs are not scored: the best of several is partly lucky, and its luck is no quality of its arm. Null as comparisons of earlier versions have it: the first of <see cref="Seeds"/>, and the run that was chosen is scored.</summary>
    public ulong? ChoiceSeed { get; init; } = 16;

    /// <summary>All with BF16 activations and F32 sums; what trains is in F32, in full fine-tuning as the optimizer's master copy. Each may try equally many settings: who tries more finds more.</summary>
    /// <remarks>
    /// The rates enclose the optimum of 1.5M and 6M on the default data. Validation loss of 1.5M after 300 steps from a base of 4 million tokens, full fine-tuning at 3e-4 to 1e-2: 0.566, 0.527,
    /// 0.591, 0.802; BF16 LoRA of rank 16 at 1e-3 to 3e-2: 0.677, 0.620, 0.665, 5.019. On real reports (Open-i) full fine-tuning: 2.541, 2.389, 2.354, 2.507. On other data
    /// <see cref="ArmResult.AtEdge"/> says where they do not.
    /// </remarks>
    public IReadOnlyList<Arm> Arms { get; init; } =
    [
        new(Full, ["mode=Full", "storage.linears=BF16"], ["learning_rate=3e-4,1e-3,3e-3,1e-2"]),
        new(Lora, ["mode=Adapter", "storage.linears=BF16"], ["learning_rate=1e-3,3e-3,1e-2,3e-2"]),
        new(Qlora, ["mode=Adapter", "storage.linears=Nf4", "storage.double_quantization=true", "storage.embedding=BF16", "storage.activations=BF16"], ["learning_rate=1e-3,3e-3,1e-2,3e-2"]),
    ];

    /// <summary>Of the choice of settings; see <see cref="Sweep.Halving"/>.</summary>
    public int Halving { get; init; }

    /// <summary>How a size comes to know its texts; its steps follow from <see cref="PretrainingTokens"/>.</summary>
    public Recipe Pretraining { get; init; } = Recipes.PretrainTiny;

    /// <summary>Tokens that it reads, in whole rows.</summary>
    public long PretrainingTokens { get; init; } = 4_000_000;

    /// <summary>Sizes with trained weights are pretrained here all the same: sizes that have not read as much could not answer what size alone does.</summary>
    public bool PretrainAlike { get; init; } = true;

    /// <summary>Test examples that each run answers, once.</summary>
    public int TestItems { get; init; } = 300;

    /// <summary>Largest difference of QLoRA and full fine-tuning that does not matter, in the metric's unit.</summary>
    public double Margin { get; init; } = 0.02;

    /// <summary>Of the two one-sided tests.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>What it began with; null for files of earlier versions.</summary>
    internal SweepOrigin? Origin { get; init; }

    /// <summary>Sizes that are pretrained in the comparison; the others begin with trained weights.</summary>
    public IReadOnlyList<ModelSize> PretrainedHere => [.. Sizes.Where(s => PretrainAlike || s.Trained is null)];

    /// <summary>Trained weights that sizes begin with, as recipes call them.</summary>
    public IReadOnlyList<string> TrainedModels => [.. Sizes.Except(PretrainedHere).Select(s => s.Trained!).Distinct(StringComparer.Ordinal)];

    /// <summary>All data that is read, as recipes call it: what is compared on, and where something is pretrained the texts of that.</summary>
    public IReadOnlyList<string> ReadData => PretrainedHere.Count > 0 ? [Recipe.Data, Pretraining.Data] : [Recipe.Data];

    /// <summary>Other seeds to score, and one for the choice that is none of them.</summary>
    public ArmsRecipe WithSeeds(IReadOnlyList<ulong> seeds)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        ulong choice = ChoiceSeed ?? 16;
        while (seeds.Contains(choice)) choice++;
        return this with { Seeds = seeds, ChoiceSeed = choice };
    }

    /// <summary>The recipe of one arm at one size, before its settings are chosen.</summary>
    internal Recipe RecipeOf(Arm arm, string model) => arm.Set.Aggregate(Recipe with { Model = model, Seed = ChoiceSeed ?? Seeds[0] }, RecipeJson.Set);

    /// <summary>Steps that read the tokens of the pretraining.</summary>
    internal Recipe PretrainingOf(ModelSize size, string model)
    {
        var batch = Pretraining.Batch;
        long each = (long)batch.MicroBatch * batch.Accumulate * batch.SequenceLength, steps = Math.Max(1, (PretrainingTokens + each - 1) / each);
        return Pretraining with
        {
            Name = $"pretrain-{size.Name}", Model = model, Steps = steps,
            // a warm-up made for a longer run would be all of a short one
            Schedule = Pretraining.Schedule with { WarmupSteps = Math.Min(Pretraining.Schedule.WarmupSteps, Math.Max(1, steps / 10)) },
        };
    }

    /// <exception cref="RecipeException">The first setting that cannot be.</exception>
    public void Check()
    {
        Require(!string.IsNullOrWhiteSpace(Name), "name: must not be empty");
        Require(Recipe.Task != TrainingTask.Text, "task: must be Impression or Protocol: pretraining has no answers to compare");
        Require(Sizes.Count is >= 1 and <= 8 && Sizes.Select(s => s.Name).Distinct(StringComparer.Ordinal).Count() == Sizes.Count, "sizes: must be 1 to 8 different ones");
        Require(Seeds.Count is >= 1 and <= 32 && Seeds.Distinct().Count() == Seeds.Count, "seeds: must be 1 to 32 different ones");
        if (ChoiceSeed is { } choice) Require(!Seeds.Contains(choice), string.Create(CultureInfo.InvariantCulture, $"choice_seed: {choice} must not be among seeds: the run that wins the choice is partly lucky, and would be scored"));
        Require(Arms.Count >= 1 && Arms.Select(a => a.Name).Append(Base).Distinct(StringComparer.Ordinal).Count() == Arms.Count + 1 && Arms.All(a => a.Name.Length > 0 && a.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')), $"arms: must have different names of letters, digits and '-', none of them {Base}");
        Require(Arms.Any(a => a.Name == Full) && Arms.Any(a => a.Name == Qlora), $"arms: must have {Full} and {Qlora}, which are compared");
        Require(PretrainingTokens >= 1, "pretraining_tokens: must be at least 1");
        Require(TestItems >= 1, "test_items: must be at least 1");
        Require(Margin > 0 && double.IsFinite(Margin), "margin: must be finite and above 0");
        Require(Alpha is > 0 and < 0.5, "alpha: must be above 0 and below 0.5");
        foreach (var size in Sizes) size.Check();
        RecipeCheck.Check(PretrainingOf(Sizes[0], "base"));
        foreach (var arm in Arms) _ = ChoiceOf(arm, "base", "base").Trials();
    }

    /// <summary>The sweep that chooses an arm's settings.</summary>
    internal Sweep ChoiceOf(Arm arm, string size, string model) => new()
    {
        Name = $"{size}-{arm.Name}", Recipe = RecipeOf(arm, model), Over = [.. arm.Over.Select(SweptSetting.Parse)], Halving = Halving, MetricItems = 0,
    };

    public void Save(string folder)
    {
        var json = new JsonObject
        {
            ["format"] = 1, ["name"] = Name, ["description"] = Description, ["margin"] = Margin, ["alpha"] = Alpha, ["test_items"] = TestItems, ["halving"] = Halving,
            ["sizes"] = new JsonArray([.. Sizes.Select(s => (JsonNode)new JsonObject { ["name"] = s.Name, ["hidden_size"] = s.HiddenSize, ["intermediate_size"] = s.IntermediateSize, ["layers"] = s.Layers, ["heads"] = s.Heads, ["key_value_heads"] = s.KeyValueHeads })]),
            ["seeds"] = new JsonArray([.. Seeds.Select(s => (JsonNode)s)]),
            ["choice_seed"] = ChoiceSeed,
            ["arms"] = new JsonArray([.. Arms.Select(a => (JsonNode)new JsonObject { ["name"] = a.Name, ["set"] = Texts(a.Set), ["over"] = Texts(a.Over) })]),
            ["pretraining_tokens"] = PretrainingTokens, ["pretrain_alike"] = PretrainAlike, ["pretraining"] = RecipeJson.Node(Pretraining), ["recipe"] = RecipeJson.Node(Recipe),
        };
        if (Origin is not null) json[SweepOrigin.Key] = Origin.ToJson();
        WholeFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(SweepJson.Indented) + "\n"));

        static JsonArray Texts(IReadOnlyList<string> texts) => [.. texts.Select(t => (JsonNode)t)];
    }

    /// <exception cref="RecipeException">The folder holds no readable arms.json.</exception>
    public static ArmsRecipe Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        var info = new FileInfo(path);
        if (!info.Exists) throw new RecipeException($"{folder}: there is no {FileName}: it is not a comparison's folder.");
        if (info.Length > MaxBytes) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{path}: must have at most {MaxBytes} bytes, has {info.Length}."));
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path), null, new JsonDocumentOptions { MaxDepth = 20, AllowDuplicateProperties = false })!.AsObject();
            var recipe = new ArmsRecipe
            {
                Name = (string)root["name"]!, Description = (string)root["description"]!, Margin = (double)root["margin"]!, Alpha = (double)root["alpha"]!, TestItems = (int)root["test_items"]!, Halving = (int)root["halving"]!,
                Sizes = [.. root["sizes"]!.AsArray().Select(s => new ModelSize((string)s!["name"]!, (int)s["hidden_size"]!, (int)s["intermediate_size"]!, (int)s["layers"]!, (int)s["heads"]!, (int)s["key_value_heads"]!))],
                Seeds = [.. root["seeds"]!.AsArray().Select(s => (ulong)s!)],
                ChoiceSeed = (ulong?)root["choice_seed"], Origin = SweepOrigin.FromJson(root[SweepOrigin.Key]),
                Arms = [.. root["arms"]!.AsArray().Select(a => new Arm((string)a!["name"]!, Texts(a["set"]!), Texts(a["over"]!)))],
                PretrainingTokens = (long)root["pretraining_tokens"]!, PretrainAlike = (bool)root["pretrain_alike"]!,
                Pretraining = RecipeJson.Read(root["pretraining"]!.ToJsonString(), path), Recipe = RecipeJson.Read(root["recipe"]!.ToJsonString(), path),
            };
            recipe.Check();
            return recipe;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentNullException or FormatException)
        {
            throw new RecipeException($"{path}: is not what a comparison writes; restore it from a copy, or begin a new one.", e);
        }

        static IReadOnlyList<string> Texts(JsonNode array) => [.. array.AsArray().Select(t => (string)t!)];
    }

    private static void Require(bool holds, string requirement)
    {
        if (!holds) throw new RecipeException($"compare-arms: {requirement}.");
    }
}
