using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class RecipeJsonTests
{
    public static TheoryData<string> Names => new(Recipes.All.Select(r => r.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_recipe_is_read_back_as_it_was_written(string name)
    {
        string json = RecipeJson.Write(Recipes.Get(name));
        Assert.Equal(json, RecipeJson.Write(RecipeJson.Read(json, "x")));
        RecipeCheck.Check(Recipes.Get(name));
    }

    [Fact]
    public void A_setting_is_changed_by_its_path()
    {
        var recipe = Recipes.TinyImpression;
        recipe = RecipeJson.Set(recipe, "learning_rate=3e-4");
        recipe = RecipeJson.Set(recipe, "lora.rank=4");
        recipe = RecipeJson.Set(recipe, "lora.targets=[\"q_proj\"]");
        recipe = RecipeJson.Set(recipe, "storage.linears=bf16");
        recipe = RecipeJson.Set(recipe, "model=folder/of a model");
        recipe = RecipeJson.Set(recipe, "optimizer.state_budget_bytes=4000000");
        Assert.Equal((3e-4, 4, WeightFormat.BF16, "folder/of a model", 4_000_000L), (recipe.LearningRate, recipe.Lora.Rank, recipe.Storage.Linears, recipe.Model, recipe.Optimizer.StateBudgetBytes!.Value));
        Assert.Equal(["q_proj"], recipe.Lora.Targets);
        recipe = RecipeJson.Set(recipe, "lora.init=pissa:16");
        Assert.Equal(LoraInit.Pissa(16), recipe.Lora.Init);
        Assert.Equal(recipe.Lora.Init, RecipeJson.Read(RecipeJson.Write(recipe), "x").Lora.Init);
        Assert.Equal(Recipes.TinyImpression.Batch, recipe.Batch);
    }

    [Theory]
    [InlineData("lora.rnk=4", "--set lora.rnk: there is no setting 'rnk'; here are rank, alpha,")]
    [InlineData("seed.x=4", "--set seed.x: there is no setting 'x', what stands before it is a single value.")]
    [InlineData("seed", "--set 'seed': expected path=value, for example learning_rate=1e-4.")]
    [InlineData("lora.rank=many", "--set lora.rank: must be a whole number up to 2147483647, got 'many'.")]
    [InlineData("lora.rank=1.5", "--set lora.rank: must be a whole number up to 2147483647, got 1.5.")]
    [InlineData("lora.rank=3000000000", "--set lora.rank: must be a whole number up to 2147483647, got 3000000000.")]
    [InlineData("seed=-1", "--set seed: must be a whole number, 0 or more, got -1.")]
    [InlineData("learning_rate=fast", "--set learning_rate: must be a number, got 'fast'.")]
    [InlineData("batch.packing=yes", "--set batch.packing: must be true or false, got 'yes'.")]
    [InlineData("batch=8", "--set batch: must be an object of settings such as {\"micro_batch\": ...}, got 8.")]
    [InlineData("lora.init=svd", "--set lora.init=svd: init must be one of uniform, gaussian, pissa, pissa:N, loftq or loftq:N, got 'svd'")]
    [InlineData("mode=half", "--set mode: must be one of Adapter, Full, got 'half'.")]
    [InlineData("schedule.kind=cosin", "--set schedule.kind: must be one of Constant, Linear, Cosine, got 'cosin'.")]
    [InlineData("schedule.kind=1", "--set schedule.kind: must be one of Constant, Linear, Cosine, got 1.")]
    [InlineData("storage.linears=int4", "--set storage.linears: must be one of F32, BF16, Nf4, Fp4, Int8, got 'int4'.")]
    [InlineData("lora.targets=q_proj", "--set lora.targets: must be a list such as '[\"q_proj\", \"v_proj\"]' (with its quotes), got 'q_proj'.")]
    [InlineData("lora.targets=[q_proj]", "--set lora.targets: must be a list such as '[\"q_proj\", \"v_proj\"]' (with its quotes), got '[q_proj]'.")]
    [InlineData("lora.rank_pattern=[{}]", "--set lora.rank_pattern[0]: must be an object with key and value such as {\"key\": \"q_proj\", \"value\": 16}, got an object.")]
    [InlineData("lora={\"rnk\":4}", "--set lora.rnk: there is no setting 'rnk'; here are rank, alpha,")]
    public void A_wrong_assignment_says_what_there_is(string assignment, string message) =>
        Assert.StartsWith(message, Assert.Throws<RecipeException>(() => RecipeJson.Set(Recipes.TinyImpression, assignment)).Message, StringComparison.Ordinal);

    public static TheoryData<string> NeverNull => [.. RecipeSettings.Of(Recipes.TinyImpression).Select(s => s.Path).Except(["storage.embedding", "storage.activations", "lora.target_pattern", "lora.layers", "optimizer.state_budget_bytes"]),
        "lora", "batch", "run", "answers", "optimizer", "schedule", "storage", "name", "description", "sources"];

    [Theory]
    [MemberData(nameof(NeverNull))]
    public void Null_is_refused_by_the_name_of_the_setting(string path)
    {
        string message = Assert.Throws<RecipeException>(() => RecipeJson.Set(Recipes.TinyImpression, path + "=null")).Message;
        Assert.StartsWith($"--set {path}: must not be null; leave it out, or give ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("lora.targets=[null]", "--set lora.targets[0]: must not be null; leave it out, or give a text in quotes.")]
    [InlineData("lora.layers=[0,null]", "--set lora.layers[1]: must not be null; leave it out, or give a whole number up to 2147483647.")]
    [InlineData("lora.alpha_pattern=[{\"key\":null,\"value\":4}]", "--set lora.alpha_pattern[0].key: must not be null; leave it out, or give a text in quotes.")]
    [InlineData("lora={\"targets\":null}", "--set lora.targets: must not be null; leave it out, or give a list such as '[\"q_proj\", \"v_proj\"]' (with its quotes).")]
    public void Null_is_refused_within_settings_too(string assignment, string message) => Assert.Equal(message, Assert.Throws<RecipeException>(() => RecipeJson.Set(Recipes.TinyImpression, assignment)).Message);

    [Fact]
    public void Ranks_and_alphas_of_single_layers_are_read_back()
    {
        var recipe = Recipes.TinyImpression with { Lora = Recipes.TinyImpression.Lora with { RankPattern = [new("q_proj", 4), new("layers.0.+", 8)], AlphaPattern = [new("v_proj", 0.5)] } };
        var read = RecipeJson.Read(RecipeJson.Write(recipe), "x").Lora;
        Assert.Equal(recipe.Lora.RankPattern, read.RankPattern);
        Assert.Equal(recipe.Lora.AlphaPattern, read.AlphaPattern);
    }

    [Fact]
    public void Null_empties_what_may_be_empty()
    {
        var recipe = RecipeJson.Set(RecipeJson.Set(RecipeJson.Set(Recipes.Llama3_8BImpressionQlora, "storage.embedding=null"), "optimizer.state_budget_bytes=null"), "lora.target_pattern=null");
        Assert.Equal((null, null, null), (recipe.Storage.Embedding, recipe.Optimizer.StateBudgetBytes, recipe.Lora.TargetPattern));
    }

    [Theory]
    [InlineData("2024")]
    [InlineData("true")]
    [InlineData("1e3")]
    [InlineData("[a]")]
    public void A_text_may_look_like_something_else(string text)
    {
        Assert.Equal(text, RecipeJson.Set(Recipes.TinyImpression, "data=" + text).Data);
        Assert.Equal(text, RecipeJson.Set(Recipes.TinyImpression, $"data=\"{text}\"").Data);
        Assert.Equal(text, RecipeJson.Set(Recipes.Llama3_8BImpressionQlora, "lora.target_pattern=" + text).Lora.TargetPattern);
    }

    [Theory]
    [InlineData("{}", "f: name: must be given; 'radlab train --show tiny-impression' prints a recipe to begin with.")]
    [InlineData("[]", "f: must be an object of settings such as {\"name\": ...}, got a list.")]
    [InlineData("{\"name\":\"a\",\"model\":\"b\",\"data\":\"c\",\"epoch\":3}", "f: epoch: there is no setting 'epoch'; here are name, description, task, model,")]
    [InlineData("{\"name\":\"a\",\"model\":\"b\",\"data\":2024}", "f: data: must be a text in quotes, got 2024.")]
    [InlineData("{\"name\":\"a\",\"model\":\"b\",\"data\":\"c\",\"lora\":{\"targets\":null}}", "f: lora.targets: must not be null; leave it out, or give a list such as [\"q_proj\", \"v_proj\"].")]
    [InlineData("{\"name\":\"a\",\"model\":\"b\",\"data\":\"c\",\"sources\":{\"seed\":null}}", "f: sources.seed: must not be null; leave it out, or give a text in quotes.")]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"}", "f: ")]
    [InlineData("null", "f: must be a recipe, got null; 'radlab train --show tiny-impression' prints a recipe to begin with.")]
    [InlineData("{\"lora\":[[[[[[[[[[[[[[[[[[", "f: ")]
    public void A_file_that_is_no_recipe_gives_one_line(string json, string message)
    {
        string got = Assert.Throws<RecipeException>(() => RecipeJson.Read(json, "f")).Message;
        Assert.StartsWith(message, got, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', got);
    }

    [Theory]
    [InlineData("lora.rank=0", "lora.rank: must be from 1 to 4096, got 0.")]
    [InlineData("learning_rate=0", "learning_rate: must be finite and above 0, got 0.")]
    [InlineData("batch.micro_batch=0", "batch.micro_batch: must be at least 1, got 0.")]
    [InlineData("batch.sequence_length=4", "batch.sequence_length: must be at least 8, got 4.")]
    [InlineData("batch.packing=true", "batch.group_by_length: must be false beside batch.packing=true, which leaves nothing to pad; switch one of them off.")]
    [InlineData("schedule.warmup_ratio=1.5", "schedule.warmup_ratio: must be from 0 to 1, got 1.5.")]
    [InlineData("schedule.warmup_ratio=0.03", "schedule.warmup_steps: must be 0 beside a warm-up ratio of 0.03, got 20.")]
    [InlineData("schedule.minimum_factor=-1", "schedule.minimum_factor: must be from 0 to 1, got -1.")]
    [InlineData("optimizer.beta1=1", "optimizer.beta1: must be from 0 to below 1, got 1.")]
    [InlineData("optimizer.max_gradient_norm=-1", "optimizer.max_gradient_norm: must be 0 (no clipping) or more, got -1.")]
    [InlineData("optimizer.state_budget_bytes=5", "optimizer.state_budget_bytes: must be 1048576 or more, or null for a state in memory, got 5.")]
    [InlineData("name=../../../evil", "name: must have at most 64 letters, digits, '.', '_' and '-' and begin with a letter or digit, got '../../../evil'.")]
    [InlineData("name=.hidden", "name: must have at most 64 letters, digits, '.', '_' and '-' and begin with a letter or digit, got '.hidden'.")]
    [InlineData("name=a b", "name: must have at most 64 letters, digits, '.', '_' and '-' and begin with a letter or digit, got 'a b'.")]
    [InlineData("name=x0123456789012345678901234567890123456789012345678901234567890123", "name: must have at most 64 letters, digits, '.', '_' and '-' and begin with a letter or digit, got 'x012345678901234567890123456789012345678901234567890123456789012…'.")]
    [InlineData("run.result_is_best=true", "run.result_is_best: needs run.evaluate_every above 0, or there is no other step to be better than the last.")]
    [InlineData("run.patience=3", "run.patience: needs run.evaluate_every above 0, or nothing would ever stop the run.")]
    [InlineData("mode=full", "storage.linears: full fine-tuning needs F32 or BF16 weights, got Nf4; quantized weights train through an adapter: set mode=adapter.")]
    [InlineData("through_problems=true", "through_problems: is for protocols, but the recipe's task is Impression; leave it away.")]
    [InlineData("answers.beams=0", "answers.beams: must be from 1 to 64, got 0.")]
    [InlineData("answers.prior_correction=5", "answers.prior_correction: must be from 0 to 4, got 5.")]
    [InlineData("answers.temperature=1", "answers.beams: beam search draws nothing; set answers.temperature=0, or answers.beams=1.")]
    [InlineData("answers.beams=1", "answers.prior_correction: chooses among beams; set answers.beams above 1.")]
    [InlineData("answer_weighting=1.5", "answer_weighting: must be from 0 to 1, got 1.5.")]
    [InlineData("epochs=0", "epochs: must be above 0 and at most 100000, got 0.")]
    public void Impossible_settings_are_refused_before_anything_is_loaded(string assignment, string message)
    {
        var recipe = RecipeJson.Set(Recipes.TinyImpression with { Run = new RunSchedule() }, assignment);
        Assert.Equal(message, Assert.Throws<RecipeException>(() => RecipeCheck.Check(recipe)).Message);
    }

    [Fact]
    public void A_ratio_of_LoRA_plus_has_no_meaning_without_an_adapter() => Assert.Equal("lora_plus_ratio: must be 1 with mode=Full, which has no adapter, got 16.",
        Assert.Throws<RecipeException>(() => RecipeCheck.Check(Recipes.PretrainTiny with { LoraPlusRatio = 16 })).Message);

    [Fact]
    public void An_unknown_recipe_names_those_there_are() =>
        Assert.StartsWith("recipe 'tiny': there is none of that name; there are tiny-impression, tiny-protocol,", Assert.Throws<RecipeException>(() => Recipes.Get("tiny")).Message, StringComparison.Ordinal);
}
